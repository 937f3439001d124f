// Takes the accounts of a connection that is deleted from their persons, and leaves whom it concerns for correlation.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';
import { MOST_CANDIDATES } from '../correlation/find-by-values.ts';
import { forgetNameKeys, NAME_KEY } from '../correlation/name-keys.ts';

/**
 * Needs the correlation's lock, and the connection's objects to be deleted before. Persons without accounts are nobody
 * any more; their history stays. A statement a table, whatever the number of accounts.
 * @param by who deletes it
 */
export async function forgetConnection(
  client: pg.PoolClient,
  connectionId: string,
  by: string,
): Promise<void> {
  await markConcerned(client, connectionId);
  await handAnchorsOver(client, connectionId);
  await run(
    client,
    sql`
      insert into person_link_event (object_id, connection_id, person_id, action, by)
      select object_id, connection_id, person_id, 'unlinked', ${by}
      from person_link where connection_id = ${connectionId}::uuid`,
  );
  await run(
    client,
    sql`
      with gone as (delete from person_link where connection_id = ${connectionId}::uuid returning person_id),
        wanted as (
          insert into refresh_wanted (person_id) select distinct person_id from gone on conflict do nothing)
      update person p set dissolved_at = clock_timestamp()
      from (select distinct person_id from gone) g
      where p.id = g.person_id and not exists (
        select from person_link l where l.person_id = p.id and l.connection_id <> ${connectionId}::uuid)`,
  );
  await run(
    client,
    sql`
      with gone as (
        delete from correlation_case where connection_id = ${connectionId}::uuid returning candidates, status)
      insert into refresh_wanted (person_id)
      select distinct (c ->> 'personId')::uuid from gone cross join jsonb_array_elements(candidates) c
      where status = 'open' on conflict do nothing`,
  );
  await run(client, sql`delete from correlation_key where connection_id = ${connectionId}::uuid`);
  await forgetNameKeys(client, sql`select name from name_key`);
  // Of people's decisions there are few.
  await run(
    client,
    sql`
      delete from person_link_denial d
      where not exists (select from directory_object o where o.id = d.object_id)`,
  );
}

/**
 * Who shares a value or a person with an account of the connection, and who waits with a candidate that has one there.
 * person_link_order, person_link_person and correlation_key_value serve it; of the keys the table is read.
 */
async function markConcerned(client: pg.PoolClient, connectionId: string): Promise<void> {
  const here = sql`${connectionId}::uuid`;
  await run(
    client,
    sql`
      delete from correlation_dirty where object_id in (
        select object_id from person_link where connection_id = ${here}
        union all select object_id from correlation_case where connection_id = ${here})`,
  );
  await run(
    client,
    sql`
      insert into correlation_dirty
      select object_id from (
        select other.object_id
        from (select distinct attribute, value from correlation_key where connection_id = ${here} and attribute <> ${NAME_KEY}) k
        join correlation_key other on other.value = k.value and other.attribute = k.attribute
        where other.connection_id <> ${here}
        union
        select other.object_id from person_link l join person_link other on other.person_id = l.person_id
        where l.connection_id = ${here} and other.connection_id <> ${here}
        union
        select c.object_id from correlation_case c
        cross join jsonb_array_elements(c.candidates) k
        join person_link l on l.person_id = (k ->> 'personId')::uuid and l.connection_id = ${here}
        where c.status = 'open' and c.connection_id <> ${here}
        union
        -- Of this many candidates not all are named.
        select object_id from correlation_case
        where status = 'open' and connection_id <> ${here} and jsonb_array_length(candidates) >= ${MOST_CANDIDATES}
      ) concerned
      order by 1 on conflict do nothing`,
  );
}

/**
 * Who stays with a person that was made for an account of the connection is the account that it was made for from now
 * on: otherwise it would become another person. Former persons of such an account are given up for that.
 */
async function handAnchorsOver(client: pg.PoolClient, connectionId: string): Promise<void> {
  await run(
    client,
    sql`
      create temp table heir on commit drop as
      select distinct on (p.id) p.id as person_id, other.object_id
      from person_link l
      join person p on p.id = l.person_id and p.anchor_object_id = l.object_id
      join person_link other on other.person_id = p.id and other.connection_id <> ${sql.lit(connectionId)}::uuid
      where l.connection_id = ${sql.lit(connectionId)}::uuid
        and not exists (select from person q
                        where q.anchor_object_id = other.object_id and q.dissolved_at is null)
      order by p.id, other.linked_at, other.object_id`,
  );
  await client.query(`
    analyze heir;
    update person q set anchor_object_id = null from heir h where q.anchor_object_id = h.object_id;
    update person p set anchor_object_id = h.object_id from heir h where p.id = h.person_id`);
}
