// Keeps user_name: which names persons were given, and what the attributes that hold such names have.
import type pg from 'pg';
import type { NameAnswer } from '../../../domain/transforms/name-book.ts';
import { type Queryable, run, sql } from '../../sql.ts';

/** Of these attributes those of which user_name does not have every value; user_name_attribute's key serves it. */
export async function unlistedAttributes(on: Queryable, attributes: readonly string[]): Promise<string[]> {
  if (attributes.length === 0) return [];
  const rows = await run<{ attribute: string }>(
    on,
    sql`
      select attribute from unnest(${attributes}::text[]) a (attribute)
      where attribute not in (select attribute from user_name_attribute)`,
  );
  return rows.map(({ attribute }) => attribute);
}

/**
 * Every attribute of which user_name has all values: these, and those that held names before. In a transaction that
 * holds `lockPersons`; an attribute that is new here is read of every person, once.
 */
export async function listNames(client: pg.PoolClient, attributes: readonly string[]): Promise<string[]> {
  const unlisted = await unlistedAttributes(client, attributes);
  if (unlisted.length > 0)
    await run(
      client,
      sql`
        with listed as (insert into user_name_attribute select unnest(${unlisted}::text[]))
        insert into user_name (key, person_id, attribute)
        select user_name_key(p.attributes ->> a.attribute), p.id, a.attribute
        from person p cross join unnest(${unlisted}::text[]) a (attribute)
        where p.attributes ->> a.attribute is not null
        on conflict do nothing`,
    );
  const rows = await run<{ attribute: string }>(client, sql`select attribute from user_name_attribute`);
  return rows.map(({ attribute }) => attribute);
}

/** A name, and the attribute that has it; '' for one that was given to the person. */
export interface KeptName {
  personId: string;
  attribute: string;
  name: string;
}

/** Adds names, those that are there included; user_name's key serves it. @returns the names with their keys */
export async function keepNames(client: pg.PoolClient, names: readonly KeptName[]): Promise<NameAnswer[]> {
  if (names.length === 0) return [];
  return run<NameAnswer>(
    client,
    sql`
      with
        named as materialized (
          select name, user_name_key(name) as key, person_id, attribute
          from unnest(${names.map(({ name }) => name)}::text[], ${names.map(({ personId }) => personId)}::uuid[],
                      ${names.map(({ attribute }) => attribute)}::text[]) n (name, person_id, attribute)),
        kept as (
          insert into user_name (key, person_id, attribute) select key, person_id, attribute from named
          on conflict do nothing)
      select name, key, person_id as holder from named`,
  );
}
