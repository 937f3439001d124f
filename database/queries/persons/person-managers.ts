// Keeps managers true for those whose own accounts did not change: who reports to a person, and who is a manager.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';
import { accountsOf } from './person-accounts.ts';

/**
 * Works the manager out anew of everybody whose manager one of these persons is, or whose accounts name an account
 * that is theirs now. @returns those who gained or lost a report
 */
export async function deriveReports(client: pg.PoolClient, persons: readonly string[]): Promise<string[]> {
  if (persons.length === 0) return [];
  // person_manager; person_link_person, then object_reference_target and person_link's key.
  const changed = await run<{ before: string | null; after: string | null }>(
    client,
    sql`
      with report as materialized (
        select id from person where manager_id = any(${persons}::uuid[]) and dissolved_at is null
        union
        select mine.person_id
        from person_link l
        join object_reference f
          on f.target_id = l.object_id and f.connection_id = l.connection_id and f.kind = 'manager'
        join person_link mine on mine.object_id = f.object_id
        where l.person_id = any(${persons}::uuid[])),
      named as (
        select b.id, (array_agg(a.manager_id order by a.place) filter (where a.manager_id is not null))[1] as manager_id
        from report b left join (${accountsOf(sql`report`)}) a on a.person_id = b.id group by b.id)
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
      update person p set is_manager = not p.is_manager, updated_at = clock_timestamp()
      where p.id = any(${ids}::uuid[]) and p.is_manager is distinct from exists (
        select from person r where r.manager_id = p.id and r.dissolved_at is null)`,
  );
}

/**
 * Whoever has no account left is nobody's report, and nobody reports to him.
 * @returns how many such persons there were; a thousand at a time, person_dissolved serves it
 */
export async function settleDissolved(client: pg.PoolClient): Promise<number> {
  const settled = await run<{ id: string; before: string | null }>(
    client,
    sql`
      update person set refresh_wanted = false, manager_id = null, is_manager = false
      where id in (select id from person where dissolved_at is not null and refresh_wanted order by id limit 1000)
      returning id, old.manager_id as before`,
  );
  const managers = await deriveReports(
    client,
    settled.map(({ id }) => id),
  );
  await deriveManagers(client, [...managers, ...settled.map(({ before }) => before)]);
  return settled.length;
}
