// Gives accounts a person of their own, apart from the one that they were linked to.
import type pg from 'pg';
import { run, runOne, sql } from '../../sql.ts';

/**
 * The person that was made for one of these accounts, if nobody else is left in it, or a new one. What is known of the
 * accounts is filled in by the refresh.
 * @returns its id
 */
export async function ownPerson(client: pg.PoolClient, objectIds: string[]): Promise<string> {
  // person_anchor_object_id_key serves both.
  const former = await runOne<{ id: string }>(
    client,
    sql`
      select id from person where anchor_object_id = any(${objectIds}::uuid[]) and dissolved_at is not null
      order by created_at, id limit 1`,
  );
  if (former) return former.id;
  const made = await runOne<{ id: string }>(
    client,
    sql`
      insert into person (anchor_object_id, display_name)
      select case when p.id is null then o.id end, o.display_name
      from directory_object o left join person p on p.anchor_object_id = o.id
      where o.id = any(${objectIds}::uuid[]) order by p.id is not null, o.removed_at is not null, o.id limit 1
      returning id`,
  );
  if (!made) throw new Error('ownPerson: no such account');
  return made.id;
}

/** What keeps the accounts that stay with a person apart from those that leave it. */
export interface Parting {
  personId: string;
  leaving: string[];
  by: string;
}

/** Gives the person another account as the one that it was made for, where that one leaves. */
export async function handAnchorOver(client: pg.PoolClient, parting: Parting): Promise<void> {
  const { personId, leaving } = parting;
  await run(
    client,
    sql`
      update person p set anchor_object_id = (
        select l.object_id from person_link l
        where l.person_id = p.id and l.object_id <> all(${leaving}::uuid[])
          and not exists (select from person q where q.anchor_object_id = l.object_id)
        order by l.linked_at, l.object_id limit 1)
      where p.id = ${personId}::uuid and p.anchor_object_id = any(${leaving}::uuid[])`,
  );
}

/** No run links those who left with the person again, nor those who stayed with the new one. */
export async function keepApart(client: pg.PoolClient, parting: Parting, newPersonId: string): Promise<void> {
  const { personId, leaving, by } = parting;
  await run(
    client,
    sql`
      insert into person_link_denial (object_id, person_id, by)
      select l.object_id, case l.person_id when ${personId}::uuid then ${newPersonId}::uuid else ${personId}::uuid end, ${by}
      from person_link l
      where l.person_id = ${personId}::uuid or l.object_id = any(${leaving}::uuid[])
      on conflict do nothing`,
  );
}
