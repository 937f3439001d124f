// The one place that works out what no source says of a person: profile, fields, states, manager.
import type pg from 'pg';
import { PERSON_FIELDS } from '../../../domain/identity-profiles/person-fields.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import { lockCorrelation } from '../correlation/lock.ts';
import { createGathered, gatherPersons } from './gather-persons.ts';
import { isCandidate } from './open-cases.ts';
import { deriveManagers, deriveReports } from './person-managers.ts';

/** Takes turns with correlation and with whatever else changes what persons are made of, until the transaction ends. */
export function lockPersons(client: pg.PoolClient): Promise<void> {
  return lockCorrelation(client);
}

/**
 * Derives the fields of these persons from their accounts and identity attributes as they are; in a transaction that
 * holds `lockPersons`. Only what differs is written. For a few thousand persons at a time.
 */
export async function derivePersons(client: pg.PoolClient, personIds: readonly string[]): Promise<void> {
  const ids = [...new Set(personIds)];
  await createGathered(client);
  await gatherPersons(client, ids);
  await settleManagers(client, ids, await writeGathered(client, 0));
}

/** Brings everybody's manager into line once all of these are written. @param managers what writing them came to */
export async function settleManagers(
  client: pg.PoolClient,
  persons: readonly string[],
  managers: readonly string[],
): Promise<void> {
  await deriveManagers(client, [...managers, ...(await deriveReports(client, persons))]);
}

/** Writes a part of what was gathered, with what was computed for it. @returns those who gained or lost a report */
export async function writeGathered(client: pg.PoolClient, part: number): Promise<string[]> {
  const changed = await run(client, writeDerived(part));
  return changed.flatMap(({ before, after }) => [before, after]).filter((id) => id !== null);
}

/** Everything that can change but the times and the marks; in the order of `derived`. */
const COLUMNS = [
  'identity_profile_id',
  ...Object.keys(PERSON_FIELDS),
  'alias',
  'manager_id',
  'status',
  'attributes',
  'correlated',
  'protected',
  'processing_state',
  'processing_errors',
  'identity_status',
  'lifecycle_state',
];

const columns = (of: string) => sql.join(COLUMNS.map((column) => sql.ref(`${of}.${column}`)));

/** An identity attribute that fills the field, where the profile has one; it may say that there is no value. */
function field(column: keyof typeof PERSON_FIELDS): RawBuilder<unknown> {
  const names = PERSON_FIELDS[column].map((name) => sql.lit(name));
  const cases = names.map(
    (name) => sql`when i.attributes ? ${name} then nullif(i.attributes ->> ${name}, '')`,
  );
  return sql`case ${sql.join(cases, sql` `)} else g.${sql.ref(column)} end`;
}

/** The person as it was, its accounts gathered, and its identity attributes as they will be. */
const named = (part: number) => sql`named as (
      select g.id, g.processing_state is not null as refreshed, g.processing_state, g.processing_errors, i.attributes,
        p.display_name as former_display_name, p.processing_state as former_state,
        p.processing_errors as former_errors, p.lifecycle_manual, p.lifecycle_state as former_lifecycle_state,
        g.profile_id, g.account_name as alias, g.manager_id, g.profile_id is not null as correlated,
        g.locked, g.disabled, g.any_enabled,
        case when coalesce(g.gone, true) then 'terminated' when g.disabled then 'inactive' else 'active' end as status,
        ${sql.join(
          (Object.keys(PERSON_FIELDS) as (keyof typeof PERSON_FIELDS)[]).map(
            (column) => sql`${field(column)} as ${sql.ref(column)}`,
          ),
        )}, g.display_name as account_display_name
      from gathered g
      cross join lateral (select p.* from person p where p.id = g.id and p.dissolved_at is null offset 0) p
      cross join lateral (
        select case when g.profile_id is null then '{}' else coalesce(g.attributes, p.attributes) end as attributes) i
      where g.part = ${part})`;

/**
 * The table "identityStatus" of the API's description, the first that holds. Somebody's sign-in account here is the
 * one whose user name is the alias or the mail address; the first sign-in makes it a used one.
 */
const derived = sql`
      select n.id, n.refreshed, n.profile_id as identity_profile_id,
        ${sql.join(
          Object.keys(PERSON_FIELDS).map((column) =>
            column === 'display_name'
              ? sql`coalesce(n.display_name, n.account_display_name, n.former_display_name) as display_name`
              : sql.ref(`n.${column}`),
          ),
        )},
        n.alias, nullif(n.manager_id, n.id) as manager_id, n.status, n.attributes, n.correlated,
        coalesce(s.admin, false) as protected, state.processing_state,
        case when n.refreshed then n.processing_errors else n.former_errors end as processing_errors,
        case when n.status = 'terminated' then 'TERMINATED'
             when n.locked then 'LOCKED'
             when n.disabled then 'DISABLED'
             when state.processing_state = 'ERROR' then 'ERROR'
             when state.lifecycle_state <> 'active' and n.any_enabled then 'DEACTIVATED'
             when ${isCandidate(sql`n.id`)} then 'WARNING'
             when s.used then 'ACTIVE'
             when s.used is not null then 'REGISTERED'
             else 'UNREGISTERED' end as identity_status,
        state.lifecycle_state
      from named n
      cross join lateral (
        select coalesce(n.processing_state, n.former_state) as processing_state,
               case when n.lifecycle_manual then n.former_lifecycle_state else n.status end as lifecycle_state) state
      left join lateral (
        select bool_or(u.role = 'admin') as admin, bool_or(u.last_login_at is not null) as used
        from account u where u.enabled and u.username in (lower(n.alias), lower(n.email))) s on true`;

/** Whose manager changed; person's key serves it. */
const writeDerived = (part: number) => sql<{ before: string | null; after: string | null }>`
    with ${named(part)},
    derived as materialized (${derived}),
    written as (
      update person p set (${sql.join(COLUMNS.map((column) => sql.ref(column)))}) = row(${columns('d')}),
        last_refresh_at = case when d.refreshed then clock_timestamp() else p.last_refresh_at end,
        updated_at = case when (${columns('p')}) is distinct from (${columns('d')}) then clock_timestamp()
                          else p.updated_at end
      from derived d
      where p.id = d.id and (d.refreshed or (${columns('p')}) is distinct from (${columns('d')}))
      returning old.manager_id as before, new.manager_id as after)
    select before, after from written where before is distinct from after`;
