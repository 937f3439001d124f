// Keeps managers true for those whose own accounts did not change: who reports to a person, and who is a manager.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';
import { accountsOf, first } from './person-accounts.ts';

/**
 * Works the manager out anew of everybody whose manager one of these persons is, or whose accounts name an account
 * that is theirs now; but of those whose own refresh is to come. @returns those who gained or lost a report
 */
export async function deriveReports(client: pg.PoolClient, persons: readonly string[]): Promise<string[]> {
  if (persons.length === 0) return [];
  // person_manager; person_link_person, then object_reference_target and person_link's key.
  const changed = await run<{ before: string | null; after: string | null }>(
    client,
    sql`
      with report as materialized (
        select distinct x.id from unnest(${persons}::uuid[]) b (id)
        cross join lateral (
          select r.id from person r where r.manager_id = b.id and r.dissolved_at is null
          union all
          select r.id
          from person_link l
          join object_reference f
            on f.target_id = l.object_id and f.connection_id = l.connection_id and f.kind = 'manager'
          join person_link mine on mine.object_id = f.object_id
          join person r on r.id = mine.person_id and r.manager_id is distinct from b.id
          where l.person_id = b.id) x
        where not exists (select from refresh_wanted w where w.person_id = x.id) and x.id <> all(${persons}::uuid[])),
      named as (
        select b.id, a.manager_id from report b
        cross join lateral (select ${first('manager_id')} as manager_id from (${accountsOf(sql`b.id`)}) a) a)
      update person p set manager_id = nullif(n.manager_id, n.id), updated_at = clock_timestamp()
      from named n
      where p.id = n.id and p.manager_id is distinct from nullif(n.manager_id, n.id)
      returning old.manager_id as before, new.manager_id as after`,
  );
  return changed.flatMap(({ before, after }) => [before, after]).filter((id) => id !== null);
}

/** Brings `is_manager` of these persons into line; person_manager serves it. */
export async function deriveManagers(
  client: pg.PoolClient,
  persons: readonly (string | null)[],
): Promise<void> {
  const ids = [...new Set(persons)].filter((id) => id !== null);
  if (ids.length === 0) return;
  await run(
    client,
    sql`
      with changed as materialized (
        select b.id, exists (select from person r where r.manager_id = b.id and r.dissolved_at is null offset 0) as holds
        from unnest(${ids}::uuid[]) b (id))
      update person p set is_manager = c.holds, updated_at = clock_timestamp()
      from changed c where p.id = c.id and p.is_manager <> c.holds`,
  );
}

/**
 * Whoever has no account left is nobody's report, and nobody reports to him; there is nothing else to refresh. Served by
 * the keys of both tables. @returns those of these persons who have accounts
 */
export async function settleDissolved(client: pg.PoolClient, persons: readonly string[]): Promise<string[]> {
  const settled = await run<{ id: string; before: string | null }>(
    client,
    sql`
      with taken as (
        delete from refresh_wanted w using person p
        where w.person_id = any(${persons}::uuid[]) and p.id = w.person_id and p.dissolved_at is not null
        returning p.id)
      update person set manager_id = null, is_manager = false
      where id in (select id from taken)
      returning id, old.manager_id as before`,
  );
  const dissolved = new Set(settled.map(({ id }) => id));
  if (dissolved.size === 0) return [...persons];
  const managers = await deriveReports(client, [...dissolved]);
  await deriveManagers(client, [...managers, ...settled.map(({ before }) => before)]);
  return persons.filter((id) => !dissolved.has(id));
}
