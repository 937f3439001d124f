// The one place that works out what no source says of a person: profile, fields, states, manager.
import type pg from 'pg';
import { PERSON_FIELDS } from '../../../domain/identity-profiles/person-fields.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import { lockCorrelation } from '../correlation/lock.ts';
import { accountsOf } from './person-accounts.ts';
import { deriveManagers, deriveReports } from './person-managers.ts';

/**
 * The persons that a transaction works on, in the temporary table `refreshed`: with `attributes`, what a refresh
 * computed; without, they stay as they are.
 */
export async function createRefreshed(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create temp table if not exists refreshed (id uuid not null, refreshed boolean not null default false,
      attributes jsonb, processing_state text, processing_errors jsonb) on commit drop;
    truncate refreshed`);
}

/** Takes turns with correlation and with whatever else changes what persons are made of, until the transaction ends. */
export function lockPersons(client: pg.PoolClient): Promise<void> {
  return lockCorrelation(client);
}

/**
 * Derives the fields of these persons from their accounts and identity attributes as they are; in a transaction that
 * holds `lockPersons`. Only what differs is written. For a few thousand persons at a time.
 */
export async function derivePersons(client: pg.PoolClient, personIds: readonly string[]): Promise<void> {
  await createRefreshed(client);
  await run(client, sql`insert into refreshed (id) select distinct unnest(${personIds}::uuid[])`);
  await client.query('analyze refreshed (id)');
  await deriveRefreshed(client);
}

/** As `derivePersons`, of those in `refreshed`, whose new attributes are written by the same statement. */
export async function deriveRefreshed(client: pg.PoolClient): Promise<void> {
  const written = await run<Written>(client, writeDerived());
  const managers = written.flatMap(({ before, after }) => (before === after ? [] : [before, after]));
  const wanted = written.filter((person) => person.wanted).map((person) => person.id);
  managers.push(...(await deriveReports(client, wanted)));
  await deriveManagers(client, managers);
}

interface Written {
  id: string;
  /** Its accounts had changed. */
  wanted: boolean;
  /** Who was the manager, and who is. */
  before: string | null;
  after: string | null;
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

/** person's key, then person_link_person, then the objects' partition by directory_object_id. */
function writeDerived(): RawBuilder<Written> {
  const columns = (of: string) => sql.join(COLUMNS.map((column) => sql.ref(`${of}.${column}`)));
  return sql<Written>`
    with linked as (${accountsOf(sql`refreshed`)}),
    ${joined},
    ${named},
    derived as materialized (${derived})
    update person p set (${sql.join(COLUMNS.map((column) => sql.ref(column)))}) = row(${columns('d')}),
      last_refresh_at = case when d.refreshed then clock_timestamp() else p.last_refresh_at end,
      refresh_wanted = p.refresh_wanted and not d.refreshed,
      updated_at = case when (${columns('p')}) is distinct from (${columns('d')}) then clock_timestamp()
                        else p.updated_at end
    from derived d
    where p.id = d.id and (d.refreshed or (${columns('p')}) is distinct from (${columns('d')}))
    returning p.id, old.refresh_wanted as wanted, old.manager_id as before, new.manager_id as after`;
}

/** What the first account that has a value says. */
const first = (column: string) =>
  sql`(array_agg(a.${sql.ref(column)} order by a.place) filter (where a.${sql.ref(column)} is not null))[1]`;

/** A row a person: of the leading account its state, of every field the first account that has it. */
const joined = sql`joined as (
      select a.person_id, ${sql.join(
        ['profile_id', ...Object.keys(PERSON_FIELDS), 'account_name', 'manager_id'].map(
          (column) => sql`${first(column)} as ${sql.ref(column)}`,
        ),
      )},
        bool_or(a.profile_id is not null) as correlated,
        bool_or(a.place = 1 and a.removed) as gone,
        bool_or(a.place = 1 and a.locked) as locked,
        bool_or(a.place = 1 and not a.enabled) as disabled,
        bool_or(a.enabled and not a.removed) as any_enabled
      from linked a group by a.person_id)`;

/** An identity attribute that fills the field, where the profile has one; it may say that there is no value. */
function field(column: keyof typeof PERSON_FIELDS): RawBuilder<unknown> {
  const names = PERSON_FIELDS[column].map((name) => sql.lit(name));
  const cases = names.map(
    (name) => sql`when i.attributes ? ${name} then nullif(i.attributes ->> ${name}, '')`,
  );
  return sql`case ${sql.join(cases, sql` `)} else j.${sql.ref(column)} end`;
}

/** The person as it was, its accounts joined, and its identity attributes as they will be. */
const named = sql`named as (
      select b.id, b.refreshed, b.processing_state, b.processing_errors, i.attributes,
        p.display_name as former_display_name, p.processing_state as former_state,
        p.processing_errors as former_errors, p.lifecycle_manual, p.lifecycle_state as former_lifecycle_state,
        j.profile_id, j.account_name as alias, j.manager_id, coalesce(j.correlated, false) as correlated,
        j.locked, j.disabled, j.any_enabled,
        case when coalesce(j.gone, true) then 'terminated' when j.disabled then 'inactive' else 'active' end as status,
        ${sql.join(
          (Object.keys(PERSON_FIELDS) as (keyof typeof PERSON_FIELDS)[]).map(
            (column) => sql`${field(column)} as ${sql.ref(column)}`,
          ),
        )}, j.display_name as account_display_name
      from refreshed b
      join person p on p.id = b.id
      left join joined j on j.person_id = b.id
      cross join lateral (
        select case when j.profile_id is null then '{}' else coalesce(b.attributes, p.attributes) end as attributes) i
      where p.dissolved_at is null)`;

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
             when n.id in (select (c ->> 'personId')::uuid
                           from correlation_case k cross join jsonb_array_elements(k.candidates) c
                           where k.status = 'open') then 'WARNING'
             when s.used then 'ACTIVE'
             when s.used is not null then 'REGISTERED'
             else 'UNREGISTERED' end as identity_status,
        state.lifecycle_state
      from named n
      cross join lateral (
        select case when n.refreshed then coalesce(n.processing_state, 'OK') else n.former_state end
                 as processing_state,
               case when n.lifecycle_manual then n.former_lifecycle_state else n.status end as lifecycle_state) state
      left join lateral (
        select bool_or(u.role = 'admin') as admin, bool_or(u.last_login_at is not null) as used
        from account u where u.enabled and u.username in (lower(n.alias), lower(n.email))) s on true`;
