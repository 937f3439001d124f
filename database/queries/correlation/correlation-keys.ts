// Keeps what accounts are compared by: the folded values of the attributes that rules name, and how names sound.
import type pg from 'pg';
import { KEY_FIELDS } from '../../../domain/correlation/rules.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import type { Dirty } from './dirty-accounts.ts';

/** The attribute under which the sound of a name is kept. */
export const NAME_KEY = '~name';
/** A longer value is nobody's key; the index could not hold it either. */
const MOST_CHARACTERS = 500;

/** Makes the temporary tables of values before and after: who shares one of them is to be evaluated too. */
export async function createTouched(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create temp table touched (value text collate "C", attribute text collate "C", round integer,
      primary key (value, attribute)) on commit drop`);
}

/** Brings the keys of the accounts in `dirty` up to date, and notes their values, old and new, in `touched`. */
export async function refreshKeys(client: pg.PoolClient, { everything, most }: Dirty): Promise<void> {
  if (!most) await touch(client);
  if (everything) await client.query('truncate correlation_key');
  else await client.query('delete from correlation_key k using dirty d where k.object_id = d.object_id');
  await run(client, insertKeys(await keyAttributes(client)));
  if (most) await client.query('analyze correlation_key');
  else await touch(client);
}

function touch(client: pg.PoolClient): Promise<unknown> {
  return client.query(`
    insert into touched (value, attribute, round)
    select distinct k.value, k.attribute, 0 from dirty d join correlation_key k on k.object_id = d.object_id
    on conflict do nothing`);
}

async function keyAttributes(client: pg.PoolClient): Promise<string[]> {
  const rows = await run<{ attribute: string }>(
    client,
    sql`select distinct attribute from rule where attribute is not null order by 1`,
  );
  return rows.map(({ attribute }) => attribute);
}

/** One pass over the objects in `dirty`, whatever the number of attributes. */
function insertKeys(attributes: string[]): RawBuilder<unknown> {
  const values = attributes.map((attribute) =>
    attribute === NAME_KEY
      ? NAME_AND_SOUND
      : sql`select ${attribute}::text, folded_key(v.value), null::text from ${valuesOf(attribute)} v (value)`,
  );
  if (values.length === 0) return sql`select`;
  return sql`
    insert into correlation_key (object_id, connection_id, attribute, value, name, removed)
    select o.id, o.connection_id, k.attribute, k.value, k.name, o.removed_at is not null
    from dirty d
    join directory_object o on o.id = d.object_id and o.connection_id = d.connection_id
    cross join lateral (${sql.join(values, sql` union all `)}) k (attribute, value, name)
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
