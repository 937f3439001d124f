// Keeps what accounts are compared by: the folded values of the attributes that rules name, and names.
import type pg from 'pg';
import { KEY_FIELDS } from '../../../domain/correlation/rules.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import type { Dirty } from './dirty-accounts.ts';
import { addNameKeys, forgetNameKeys, NAME, NAME_KEY } from './name-keys.ts';

/** Of correlation_key, as `freshKeys` fills them. */
const COLUMNS = sql.raw('object_id, connection_id, attribute, value, removed, since');

/** A longer value is nobody's key; the index could not hold it either. */
const MOST_CHARACTERS = 500;

/**
 * Brings the keys of the accounts in `dirty` up to date; only what differs is written. Fills `changed_key` with the
 * values that came, went, or are those of an account that was removed or came back, and `rekeyed` with these accounts;
 * where most are dirty, without those that had no keys. correlation_key_object serves it; else the table is read.
 */
export async function refreshKeys(client: pg.PoolClient, { everything, most }: Dirty): Promise<void> {
  const attributes = await keyAttributes(client);
  await client.query('create temp table fresh_key (like correlation_key) on commit drop');
  await addFresh(client, 'fresh_key', attributes, most ? sql`d.keyed` : sql`true`);
  await client.query('analyze fresh_key');
  await compareKeys(client, everything);
  if (most) await addFresh(client, 'correlation_key', attributes, sql`not d.keyed`);
  await client.query(`
    delete from correlation_key k using changed_key c
    where c.stored and k.object_id = c.object_id and k.attribute = c.attribute and k.value = c.value;
    insert into correlation_key (object_id, connection_id, attribute, value, removed, since)
    select object_id, connection_id, attribute, value, removed, since from changed_key where removed is not null`);
  await addNameKeys(client, most ? ALL_NAMES : CHANGED_NAMES);
  if (most) await client.query('analyze correlation_key; analyze name_key');
}

/** @param which of the accounts in `dirty`, as `d` */
async function addFresh(
  client: pg.PoolClient,
  table: 'fresh_key' | 'correlation_key',
  attributes: string[],
  which: RawBuilder<unknown>,
): Promise<void> {
  await run(client, sql`insert into ${sql.ref(table)} (${COLUMNS}) ${freshKeys(attributes, which)}`);
}

const ALL_NAMES = sql`select value from correlation_key where attribute = ${NAME_KEY}`;
const CHANGED_NAMES = sql`select value from changed_key where attribute = ${NAME_KEY} and removed is not null`;

/** What nobody needs any more once all are placed: the keys of names that changed. */
export function forgetKeys(client: pg.PoolClient): Promise<void> {
  return forgetNameKeys(
    client,
    sql`select value from changed_key where attribute = ${NAME_KEY} and removed is null`,
  );
}

async function compareKeys(client: pg.PoolClient, everything: boolean): Promise<void> {
  const stored = everything
    ? 'correlation_key'
    : '(select k.* from dirty d join correlation_key k on k.object_id = d.object_id)';
  await client.query(`
    create temp table changed_key on commit drop as
    select coalesce(f.object_id, k.object_id) as object_id, coalesce(f.connection_id, k.connection_id) as connection_id,
           coalesce(f.attribute, k.attribute) as attribute, coalesce(f.value, k.value) as value,
           f.removed, coalesce(k.since, f.since) as since, k.object_id is not null as stored
    from ${stored} k
    full join fresh_key f on f.object_id = k.object_id and f.attribute = k.attribute and f.value = k.value
    where f.removed is distinct from k.removed;
    analyze changed_key;
    create temp table rekeyed on commit drop as
    select distinct object_id from changed_key
    -- Where no name is kept yet, as after an upgrade, those that come say nothing of a change.
    ${everything ? `where attribute <> '${NAME_KEY}' or exists (select from correlation_key where attribute = '${NAME_KEY}')` : ''};
    analyze rekeyed`);
}

/** Forgets the keys of attributes that no rule names any more; of the keys the table is read. */
export async function dropKeys(client: pg.PoolClient, attributes: string[]): Promise<void> {
  await run(client, sql`delete from correlation_key where attribute = any(${attributes}::text[])`);
  if (attributes.includes(NAME_KEY)) await client.query('delete from name_key');
}

/** Makes the keys of all accounts for attributes that no rule has named before; the other keys stay. */
export async function addKeys(client: pg.PoolClient, attributes: string[]): Promise<void> {
  await client.query(`
    create temp table dirty on commit drop as
    select id as object_id, connection_id from directory_object where object_class = 'user';
    analyze dirty`);
  // Of rules that there were once, before their keys were dropped with them.
  await dropKeys(client, attributes);
  await addFresh(client, 'correlation_key', attributes, sql`true`);
  if (attributes.includes(NAME_KEY)) {
    await addNameKeys(client, ALL_NAMES);
    await client.query('analyze name_key');
  }
  await client.query('drop table dirty');
}

async function keyAttributes(client: pg.PoolClient): Promise<string[]> {
  const rows = await run<{ attribute: string }>(
    client,
    sql`select distinct attribute from rule where attribute is not null order by 1`,
  );
  return rows.map(({ attribute }) => attribute);
}

/**
 * Rows in the order of COLUMNS; one pass over the objects in `dirty`, whatever the number of
 * attributes. A value that was not there before came with the latest change of its account.
 * @param which of them, as `d`
 */
function freshKeys(attributes: string[], which: RawBuilder<unknown>): RawBuilder<unknown> {
  const values = attributes.map((attribute) =>
    attribute === NAME_KEY
      ? NAME
      : sql`select ${attribute}::text, v.value from ${valuesOf(attribute)} v (value)`,
  );
  const keys = values.length > 0 ? sql.join(values, sql` union all `) : sql`select null, null where false`;
  return sql`
    select o.id as object_id, o.connection_id, k.attribute, k.value, o.removed_at is not null as removed,
           o.updated_at as since
    from dirty d
    join directory_object o on o.id = d.object_id and o.connection_id = d.connection_id
    -- A condition that reaches into it would work each value out twice.
    cross join lateral (select * from (${keys}) each_key offset 0) k (attribute, value)
    where ${which} and o.object_class = 'user' and length(k.value) between 1 and ${sql.lit(MOST_CHARACTERS)}`;
}

function valuesOf(attribute: string): RawBuilder<unknown> {
  const column = Object.hasOwn(KEY_FIELDS, attribute)
    ? KEY_FIELDS[attribute as keyof typeof KEY_FIELDS]
    : null;
  if (column) return sql`(values (folded_key(o.${sql.ref(column)}::text)))`;
  return sql`(select distinct folded_key(e) from jsonb_array_elements_text(
    case jsonb_typeof(o.attributes -> ${attribute}) when 'array' then o.attributes -> ${attribute} else '[]' end) e)`;
}
