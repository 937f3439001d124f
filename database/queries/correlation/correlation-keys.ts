// Keeps what accounts are compared by: the folded values of the attributes that rules name, and how names sound.
import type pg from 'pg';
import { KEY_FIELDS } from '../../../domain/correlation/rules.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import type { Dirty } from './dirty-accounts.ts';

/** The attribute under which the sound of a name is kept. */
export const NAME_KEY = '~name';
/** A longer value is nobody's key; the index could not hold it either. */
const MOST_CHARACTERS = 500;

/**
 * Brings the keys of the accounts in `dirty` up to date. Fills `changed_key` with the values that came, went, or are
 * those of an account that was removed, came back or was decided about; not when most accounts are dirty.
 */
export async function refreshKeys(client: pg.PoolClient, { everything, most }: Dirty): Promise<void> {
  const fresh = freshKeys(await keyAttributes(client));
  if (most) {
    if (everything) await client.query('truncate correlation_key');
    else await client.query('delete from correlation_key k using dirty d where k.object_id = d.object_id');
    await run(client, sql`insert into correlation_key ${fresh}`);
    await client.query('analyze correlation_key');
    return;
  }
  await client.query('create temp table fresh_key (like correlation_key) on commit drop');
  await run(client, sql`insert into fresh_key ${fresh}`);
  await client.query(`
    analyze fresh_key;
    create temp table stored_key on commit drop as
    select k.* from dirty d join correlation_key k on k.object_id = d.object_id;
    create temp table changed_key (object_id uuid, rank integer, attribute text collate "C", value text collate "C")
      on commit drop;
    insert into changed_key
    select c.object_id, r.rank, c.attribute, c.value
    from (
      (select * from stored_key except select * from fresh_key)
      union (select * from fresh_key except select * from stored_key)
      union select k.* from dirty d join fresh_key k on k.object_id = d.object_id where d.decided) c
    join connection_rank r on r.connection_id = c.connection_id;
    delete from correlation_key k using (select distinct object_id from changed_key) c where k.object_id = c.object_id;
    insert into correlation_key
    select k.* from fresh_key k where k.object_id in (select object_id from changed_key)`);
}

/** Makes the keys of all accounts for attributes that no rule has named before; the other keys stay. */
export async function addKeys(client: pg.PoolClient, attributes: string[]): Promise<void> {
  await client.query(`
    create temp table dirty on commit drop as
    select id as object_id, connection_id from directory_object where object_class = 'user';
    analyze dirty`);
  // Of rules that there were once.
  await run(client, sql`delete from correlation_key where attribute = any(${attributes}::text[])`);
  await run(client, sql`insert into correlation_key ${freshKeys(attributes)}`);
  await client.query('drop table dirty');
}

async function keyAttributes(client: pg.PoolClient): Promise<string[]> {
  const rows = await run<{ attribute: string }>(
    client,
    sql`select distinct attribute from rule where attribute is not null order by 1`,
  );
  return rows.map(({ attribute }) => attribute);
}

/** In the order of the columns of correlation_key; one pass over the objects in `dirty`, whatever the number of attributes. */
function freshKeys(attributes: string[]): RawBuilder<unknown> {
  const values = attributes.map((attribute) =>
    attribute === NAME_KEY
      ? NAME_AND_SOUND
      : sql`select ${attribute}::text, folded_key(v.value), null::text from ${valuesOf(attribute)} v (value)`,
  );
  const keys =
    values.length > 0 ? sql.join(values, sql` union all `) : sql`select null, null, null where false`;
  return sql`
    select o.id as object_id, o.connection_id, k.attribute, k.value, k.name, o.removed_at is not null as removed
    from dirty d
    join directory_object o on o.id = d.object_id and o.connection_id = d.connection_id
    cross join lateral (${keys}) k (attribute, value, name)
    where o.object_class = 'user' and length(k.value) between 1 and ${sql.lit(MOST_CHARACTERS)}`;
}

/** How the family name sounds with the first letter of the given one; beside it both, as they are compared. */
const NAME_AND_SOUND = sql`
  select ${sql.lit(NAME_KEY)}::text, dmetaphone(n.family) || ' ' || left(n.given, 1), left(n.given || ' ' || n.family, 200)
  from (
    select folded_key(case when o.surname is not null and o.given_name is not null then o.given_name
                           when strpos(o.display_name, ',') > 0 then split_part(o.display_name, ',', 2)
                           else regexp_replace(o.display_name, '\\s*\\S+\\s*$', '') end) as given,
           folded_key(case when o.surname is not null and o.given_name is not null then o.surname
                           when strpos(o.display_name, ',') > 0 then split_part(o.display_name, ',', 1)
                           else substring(o.display_name from '(\\S+)\\s*$') end) as family) n`;

function valuesOf(attribute: string): RawBuilder<unknown> {
  const column = Object.hasOwn(KEY_FIELDS, attribute)
    ? KEY_FIELDS[attribute as keyof typeof KEY_FIELDS]
    : null;
  if (column) return sql`(values (o.${sql.ref(column)}::text))`;
  return sql`jsonb_array_elements_text(case jsonb_typeof(o.attributes -> ${attribute})
    when 'array' then o.attributes -> ${attribute} else '[]' end)`;
}
