// Links accounts to a person by hand: the one way in which decisions change links.
import type pg from 'pg';
import { BY_HAND } from '../../../domain/correlation/rules.ts';
import { run, sql } from '../../sql.ts';
import { derivePersons } from './derive-persons.ts';
import { holdBeside } from './hold-links.ts';

export interface Move {
  objectIds: string[];
  /** To whom. */
  personId: string;
  /** Who decided it. */
  by: string;
  /** What the events of the accounts say. */
  action: 'linked' | 'merged' | 'split';
  /** How a case of one of them is resolved by it. */
  resolution: 'link' | 'new-person';
}

/**
 * Needs the correlation's lock. Accounts that are this person's by hand already stay as they are; whoever lost the last
 * account is merged into this person. The accounts are left for the next correlation.
 */
export async function moveAccounts(client: pg.PoolClient, move: Move): Promise<void> {
  // person_link's key serves it, and directory_object_id.
  const moved = await run<{ objectId: string; leftId: string | null }>(
    client,
    sql`
      select o.id as "objectId", l.person_id as "leftId"
      from directory_object o left join person_link l on l.object_id = o.id
      where o.id = any(${move.objectIds}::uuid[])
        and (l.object_id is null or l.person_id <> ${move.personId}::uuid or not l.manual)`,
  );
  if (moved.length === 0) return;
  const objectIds = moved.map(({ objectId }) => objectId);
  await writeLinks(client, { ...move, objectIds });
  await holdBeside(client, { ...move, objectIds });
  await run(
    client,
    sql`delete from person_link_denial where object_id = any(${objectIds}::uuid[]) and person_id = ${move.personId}::uuid`,
  );
  await resolveCases(client, { ...move, objectIds });
  const left = moved.flatMap(({ leftId }) => (leftId === null || leftId === move.personId ? [] : [leftId]));
  await leave(client, left, move.personId);
  await markDirty(client, objectIds);
  await markPersons(client, [...left, move.personId]);
}

/** Whom people linked, or no longer, changes where the others of a person belong. person_link_person serves it. */
async function markPersons(client: pg.PoolClient, personIds: string[]): Promise<void> {
  await run(
    client,
    sql`
      insert into correlation_dirty
      select object_id from (
        select object_id from person_link where person_id = any(${personIds}::uuid[])
        union
        select anchor_object_id from person where id = any(${personIds}::uuid[]) and anchor_object_id is not null) a
      order by 1 on conflict do nothing`,
  );
}

/** One after the other, so that the ids of the events tell their order. */
async function writeLinks(client: pg.PoolClient, move: Move): Promise<void> {
  const { objectIds, personId, by, action } = move;
  await run(
    client,
    sql`
      insert into person_link_event (object_id, connection_id, person_id, action, by)
      select object_id, connection_id, person_id, 'unlinked', ${by}
      from person_link where object_id = any(${objectIds}::uuid[]) and person_id <> ${personId}::uuid`,
  );
  await run(
    client,
    sql`
      insert into person_link (object_id, connection_id, person_id, rule, confidence, manual, linked_by)
      select o.id, o.connection_id, ${personId}::uuid, ${BY_HAND}, 100, true, ${by}
      from directory_object o where o.id = any(${objectIds}::uuid[])
      on conflict (object_id) do update set person_id = excluded.person_id, rule = excluded.rule,
        confidence = excluded.confidence, manual = true, linked_by = excluded.linked_by,
        linked_at = excluded.linked_at, run_id = null`,
  );
  await run(
    client,
    sql`
      insert into person_link_event (object_id, connection_id, person_id, action, rule, confidence, by)
      select object_id, connection_id, person_id, ${action}, rule, confidence, ${by}
      from person_link where object_id = any(${objectIds}::uuid[])`,
  );
}

/** Whoever waited with a case is to be refreshed; correlation_case_open serves it. */
async function resolveCases(client: pg.PoolClient, move: Move): Promise<void> {
  await run(
    client,
    sql`
      with resolved as (
        update correlation_case set status = 'resolved', resolved_by = ${move.by}, resolved_at = clock_timestamp(),
          resolution = jsonb_build_object('action', ${move.resolution}::text, 'personId', ${move.personId}::uuid)
        where object_id = any(${move.objectIds}::uuid[]) and status = 'open' returning candidates)
      insert into refresh_wanted (person_id)
      select distinct (c ->> 'personId')::uuid from resolved cross join jsonb_array_elements(candidates) c
      on conflict do nothing`,
  );
}

/** Both sides are to be refreshed, and show at once what needs no profile; persons without accounts are merged into the one that has them now. */
async function leave(client: pg.PoolClient, left: string[], personId: string): Promise<void> {
  await run(
    client,
    sql`
      update person p set dissolved_at = clock_timestamp(), merged_into = ${personId}::uuid
      where p.id = any(${left}::uuid[]) and p.dissolved_at is null
        and not exists (select from person_link l where l.person_id = p.id)`,
  );
  await run(
    client,
    sql`
      update person set dissolved_at = case when id = ${personId}::uuid then null else dissolved_at end,
        merged_into = case when id = ${personId}::uuid then null else merged_into end
      where id = any(${[...left, personId]}::uuid[])`,
  );
  const ids = [...left, personId];
  await run(
    client,
    sql`insert into refresh_wanted (person_id) select unnest(${ids}::uuid[]) on conflict do nothing`,
  );
  await derivePersons(client, ids);
}

/** Leaves accounts for the next correlation; in order, so that two who do it never wait for each other. */
export async function markDirty(client: pg.PoolClient, objectIds: string[]): Promise<void> {
  await run(
    client,
    sql`
      insert into correlation_dirty select unnest(${objectIds}::uuid[]) order by 1 on conflict do nothing`,
  );
}
