// Gathers what the accounts of persons come to, for `writeGathered` to write.
import type pg from 'pg';
import { PERSON_FIELDS } from '../../../domain/identity-profiles/person-fields.ts';
import { compileStatement, run, sql } from '../../sql.ts';
import { accountsOf, first } from './person-accounts.ts';
import { accountsRead, type PersonReads, personFrom, type ReadPerson, readOf } from './read-persons.ts';

/** What the first account that has one says of each. */
const FIRST = ['profile_id', ...Object.keys(PERSON_FIELDS), 'account_name', 'manager_id'];

/** Whose accounts they are, and what these come to. */
export const GATHERED = ['id', ...FIRST, 'gone', 'locked', 'disabled', 'any_enabled'];
const COLUMNS = sql.join(GATHERED.map((column) => sql.ref(column)));

/**
 * The temporary table that a transaction works on, part by part; empty. The last columns have what transforms made of a
 * person: without attributes these stay as they are, without a state the person is not refreshed.
 */
export async function createGathered(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create temp table if not exists gathered (
      part integer not null default 0, id uuid not null, profile_id uuid,
      ${Object.keys(PERSON_FIELDS)
        .map((column) => `${column} text collate pg_c_utf8`)
        .join(', ')},
      account_name text collate pg_c_utf8, manager_id uuid, gone boolean, locked boolean, disabled boolean,
      any_enabled boolean, attributes jsonb, processing_state text, processing_errors jsonb) on commit drop;
    truncate gathered`);
}

/** Gathers persons that are not refreshed, as part 0. */
export async function gatherPersons(client: pg.PoolClient, ids: readonly string[]): Promise<void> {
  await run(client, sql`insert into gathered (${COLUMNS}) select ${COLUMNS} from (${gathered(ids)}) g`);
}

/**
 * Has the session read what `readGathered` reads whoever comes to wait for one of these tables: behind somebody who waits
 * for the transaction that writes, it would wait for ever.
 */
export async function holdGathered(reader: pg.PoolClient): Promise<void> {
  await reader.query(`lock table person, person_link, directory_object, object_reference, membership, identity_profile
    in access share mode`);
}

/** What was gathered of a person, as text, and what transforms read of it. */
export interface GatheredPerson {
  /** In the order of `GATHERED`; nobody here needs to understand them. */
  columns: (string | null)[];
  /** Null where nothing is to be computed. */
  read: ReadPerson | null;
}

/** Every value as PostgreSQL writes it. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

/**
 * Gathers persons that are refreshed, in no order.
 * @param reader may be another session than the one that writes them
 * @param profiles those that say something of their persons
 */
export async function readGathered(
  reader: pg.PoolClient,
  ids: readonly string[],
  reads: PersonReads,
  profiles: readonly string[],
): Promise<GatheredPerson[]> {
  const { sql: text, parameters } = compileStatement(sql`
      select ${COLUMNS}, g.accounts, p.attributes from (${gathered(ids, reads)}) g
      left join lateral (
        select attributes from person p where p.id = g.id and g.profile_id = any(${profiles}::uuid[])) p on true`);
  const query = { text, values: [...parameters], rowMode: 'array' as const, types: AS_TEXT };
  const { rows } = await reader.query<(string | null)[]>(query);
  return rows.map((columns) => {
    const [accounts, attributes] = columns.splice(GATHERED.length) as [string | null, string | null];
    const [id, profileId] = columns as [string, string | null];
    return {
      columns,
      read: attributes === null ? null : personFrom({ id, profileId, accounts, attributes }, reads),
    };
  });
}

/** A row a person: of the leading account its state, of every field the first account that has it. */
function gathered(ids: readonly string[], reads?: PersonReads) {
  return sql`
    select b.id, j.*
    from unnest(${ids}::uuid[]) b (id)
    cross join lateral (
      select ${sql.join(FIRST.map((column) => sql`${first(column)} as ${sql.ref(column)}`))},
        first_known(a.removed) as gone, first_known(a.locked) as locked, not first_known(a.enabled) as disabled,
        bool_or(a.enabled and not a.removed) as any_enabled ${reads ? sql`, ${accountsRead}` : sql``}
      from (${accountsOf(sql`b.id`, reads && readOf(reads))}) a) j`;
}
