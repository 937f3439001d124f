// Gathers what the accounts of persons come to, for `writeGathered` to write, and hands out those that a profile computes.
import type pg from 'pg';
import { PERSON_FIELDS } from '../../../domain/identity-profiles/person-fields.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import { accountsOf, first } from './person-accounts.ts';
import {
  accountsRead,
  type PersonReads,
  type PersonRow,
  personFrom,
  type ReadPerson,
  readOf,
} from './read-persons.ts';

/** What the first account that has one says of each. */
const FIRST = ['profile_id', ...Object.keys(PERSON_FIELDS), 'account_name', 'manager_id'];
const COLUMNS = sql.join(
  [...FIRST, 'gone', 'locked', 'disabled', 'any_enabled'].map((column) => sql.ref(column)),
);

/**
 * The temporary tables that a transaction works on: `gathered` has the persons, part by part, and `computed` what
 * transforms made of them; without, identity attributes stay as they are.
 */
export async function createGathered(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create temp table if not exists gathered (
      part integer not null, id uuid not null, refreshed boolean not null, wanted boolean not null, profile_id uuid,
      ${Object.keys(PERSON_FIELDS)
        .map((column) => `${column} text collate pg_c_utf8`)
        .join(', ')},
      account_name text collate pg_c_utf8, manager_id uuid, gone boolean, locked boolean, disabled boolean,
      any_enabled boolean) on commit drop;
    create temp table if not exists computed (
      id uuid not null, attributes jsonb, processing_state text not null, processing_errors jsonb) on commit drop;
    truncate gathered, computed`);
}

/** A part of the persons that a transaction works on. */
export interface Part {
  number: number;
  ids: readonly string[];
}

/** Gathers persons that are not refreshed: their identity attributes stay as they are. */
export async function gatherPersons(client: pg.PoolClient, { number, ids }: Part): Promise<void> {
  await run(
    client,
    sql`insert into gathered (part, id, wanted, refreshed, ${COLUMNS}) ${gathered({ number, ids }, sql`true, false`)}`,
  );
}

/**
 * Gathers persons that are refreshed.
 * @param profiles those that say something of their persons
 * @returns of these profiles' persons what transforms read, in no order
 */
export async function gatherToRefresh(
  client: pg.PoolClient,
  part: Part,
  reads: PersonReads,
  profiles: readonly string[],
): Promise<ReadPerson[]> {
  const rows = await run<PersonRow>(
    client,
    sql`
      with taken as (delete from refresh_wanted where person_id = any(${part.ids}::uuid[]) returning person_id),
        found as materialized (${gathered(part, sql`b.id in (select person_id from taken) as wanted, true as refreshed`, reads)}),
        written as (
          insert into gathered (part, id, wanted, refreshed, ${COLUMNS})
          select part, id, wanted, refreshed, ${COLUMNS} from found)
      select f.id, f.profile_id as "profileId", f.accounts, p.attributes::text
      from found f cross join lateral (select attributes from person p where p.id = f.id) p
      where f.profile_id = any(${profiles}::uuid[])`,
  );
  return rows.map((row) => personFrom(row, reads));
}

/** A row a person: of the leading account its state, of every field the first account that has it. */
function gathered({ number, ids }: Part, marks: RawBuilder<unknown>, reads?: PersonReads) {
  return sql`
    select ${number}::integer as part, b.id, ${marks}, j.*
    from unnest(${ids}::uuid[]) b (id)
    cross join lateral (
      select ${sql.join(FIRST.map((column) => sql`${first(column)} as ${sql.ref(column)}`))},
        first_known(a.removed) as gone, first_known(a.locked) as locked, not first_known(a.enabled) as disabled,
        bool_or(a.enabled and not a.removed) as any_enabled ${reads ? sql`, ${accountsRead}` : sql``}
      from (${accountsOf(sql`b.id`, reads && readOf(reads))}) a) j`;
}
