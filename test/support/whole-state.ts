// Looks for what a half-applied batch, or one applied twice, would leave in the tables of a connection.
import type pg from 'pg';
import { type RawBuilder, run, sql, transaction } from '../../database/sql.ts';

/**
 * What does not fit together, in words; empty when all does. To be asked while none of the connection's runs is
 * going. That it is what the source holds is another question (state-differences).
 */
export function brokenRules(pool: pg.Pool, connectionId: string): Promise<string[]> {
  return transaction(pool, async (client) => {
    // Whole tables are compared, some of which have no statistics yet.
    await client.query('set local enable_nestloop = off');
    const broken: string[] = [];
    for (const [rule, violations] of Object.entries(rules(connectionId))) {
      const rows = await run<Record<string, unknown>>(client, sql`${violations} limit 3`);
      if (rows.length > 0) broken.push(`${rule}: ${JSON.stringify(rows)}`);
    }
    return broken;
  });
}

/** Each finds the rows that break it. */
function rules(connectionId: string): Record<string, RawBuilder<unknown>> {
  return {
    ...rulesOfObjects(connectionId),
    ...rulesOfMemberships(connectionId),
    ...rulesOfPersons(connectionId),
    ...rulesOfRuns(connectionId),
  };
}

function rulesOfObjects(connectionId: string): Record<string, RawBuilder<unknown>> {
  return {
    'an object is stored once': sql`
      select source_id, count(*)::int from directory_object where connection_id = ${connectionId}
      group by 1 having count(*) > 1`,
    'object_count is the number of objects': sql`
      select * from (
        select object_class, present, removed from object_count where connection_id = ${connectionId}) told
      full join (
        select object_class, count(*) filter (where removed_at is null)::int as found_present,
               count(*) filter (where removed_at is not null)::int as found_removed
        from directory_object where connection_id = ${connectionId} group by 1) found using (object_class)
      where (coalesce(present, 0), coalesce(removed, 0))
        is distinct from (coalesce(found_present, 0), coalesce(found_removed, 0))`,
    'object_filter_count is the number of present objects by department and status': sql`
      select * from (
        select object_class, department, status, present from object_filter_count
        where connection_id = ${connectionId} and present <> 0) told
      full join (
        select object_class, coalesce(lower(department), '') as department, status, count(*) as found
        from directory_object where connection_id = ${connectionId} and removed_at is null group by 1, 2, 3) found
        using (object_class, department, status)
      where present is distinct from found`,
    'an object was created once, and its last coming or going is what it is now': sql`
      select o.source_id, o.removed_at, array_agg(c.kind order by c.at) as kinds
      from directory_object o
      left join object_change c on c.connection_id = o.connection_id and c.object_id = o.id and c.kind <> 'updated'
      where o.connection_id = ${connectionId}
      group by o.source_id, o.removed_at
      having count(*) filter (where c.kind = 'created') <> 1
        or ((array_agg(c.kind order by c.at desc))[1] = 'removed') <> (o.removed_at is not null)`,
    'a change belongs to an object': sql`
      select c.object_id, c.kind from object_change c where c.connection_id = ${connectionId}
        and not exists (select from directory_object o where o.connection_id = ${connectionId} and o.id = c.object_id)`,
    'what is present is claimed once a project, what is removed by none': sql`
      select o.source_id, c.project_id, count(*)::int from directory_object o
      left join object_scope c on c.connection_id = o.connection_id and c.object_id = o.id
      where o.connection_id = ${connectionId}
      group by o.source_id, o.removed_at, c.project_id
      having count(*) > 1 or (c.project_id is null) <> (o.removed_at is not null)`,
    'managers and owners are present, and stand once': sql`
      select r.object_id, r.kind, count(*)::int from object_reference r
      left join directory_object o on o.connection_id = r.connection_id and o.id = r.target_id
      where r.connection_id = ${connectionId}
      group by 1, 2 having count(*) > 1 or bool_or(o.removed_at is not null)`,
  };
}

function rulesOfMemberships(connectionId: string): Record<string, RawBuilder<unknown>> {
  return {
    'member_count is the number of open memberships': sql`
      select o.source_id, o.member_count, count(m.group_id)::int as open from directory_object o
      left join membership m on m.connection_id = o.connection_id and m.group_id = o.id and m.valid_to is null
      where o.connection_id = ${connectionId}
      group by o.source_id, o.member_count having o.member_count <> count(m.group_id)`,
    'ranges of one membership do not overlap and are not empty': sql`
      select group_id, reference, valid_from, valid_to from (
        select m.*, lead(valid_from) over (partition by group_id, member_key order by valid_from, valid_to) as next
        from membership m where m.connection_id = ${connectionId}) m
      where valid_to <= valid_from or (next is not null and (valid_to is null or next < valid_to))`,
    'who is gone is in no group and has no members': sql`
      select m.group_id, m.reference from membership m
      join directory_object g on g.connection_id = m.connection_id and g.id = m.group_id
      left join directory_object o on o.connection_id = m.connection_id and o.id = m.member_id
      where m.connection_id = ${connectionId} and m.valid_to is null
        and (g.removed_at is not null or o.removed_at is not null)`,
  };
}

/** To be asked after a run that completed: it takes in what was changed before. */
function rulesOfPersons(connectionId: string): Record<string, RawBuilder<unknown>> {
  return {
    'an account that is present belongs to a person, or waits for a decision': sql`
      select o.source_id, l.person_id, c.id as case_id from directory_object o
      left join person_link l on l.object_id = o.id
      left join correlation_case c on c.object_id = o.id and c.status = 'open'
      where o.connection_id = ${connectionId} and o.object_class = 'user' and o.removed_at is null
        and (l.person_id is null) = (c.id is null)`,
    'who has an account is a person still, and who has none is not': sql`
      select p.id, p.dissolved_at from person p
      where (p.dissolved_at is null) <> exists (select from person_link l where l.person_id = p.id)`,
    'the last event of an account is its link': sql`
      select l.object_id, e.action from person_link l
      left join (select distinct on (object_id) * from person_link_event order by object_id, id desc) e
        on e.object_id = l.object_id
      where l.connection_id = ${connectionId} and not l.manual
        and (e.action is distinct from 'linked' or e.person_id is distinct from l.person_id)`,
    'accounts are compared by what they have now': sql`
      select o.source_id, o.email, o.employee_id from directory_object o
      where o.connection_id = ${connectionId} and o.object_class = 'user'
        and (select array_agg(k.value order by k.value) from correlation_key k
             where k.object_id = o.id and k.attribute = 'email') is distinct from
            case when folded_key(o.email) is not null then array[folded_key(o.email)::text collate "C"] end`,
  };
}

function rulesOfRuns(connectionId: string): Record<string, RawBuilder<unknown>> {
  return {
    'a run is over': sql`
      select id, status from sync_run
      where connection_id = ${connectionId} and status not in ('completed', 'failed', 'cancelled')`,
    'counts of objects are those of the change list': sql`
      select r.id, r.counts, c.* from sync_run r cross join lateral (
        select count(*) filter (where kind = 'created') as created, count(*) filter (where kind = 'updated') as updated,
               count(*) filter (where kind = 'reactivated') as reactivated,
               count(*) filter (where kind = 'removed') as removed
        from object_change where run_id = r.id and connection_id = ${connectionId}) c
      where r.connection_id = ${connectionId} and not r.dry_run
        and ((counts ->> 'created')::int <> c.created or (counts ->> 'updated')::int <> c.updated
          or (counts ->> 'reactivated')::int <> c.reactivated or (counts ->> 'deactivated')::int <> c.removed)`,
    // Only the lists of a project's last one are kept, and of very many changes not all.
    'counts of a dry run are those of its list': sql`
      select r.id, r.counts, c.* from sync_run r cross join lateral (
        select count(*) filter (where kind = 'created') as created, count(*) filter (where kind = 'updated') as updated,
               count(*) filter (where kind = 'reactivated') as reactivated,
               count(*) filter (where kind = 'removed') as removed
        from sync_run_preview where run_id = r.id) c
      where r.connection_id = ${connectionId} and r.dry_run and r.status = 'completed' and r.notice is null
        and not exists (select from sync_run later where later.project_id = r.project_id and later.dry_run and later.id > r.id)
        and ((counts ->> 'created')::int <> c.created or (counts ->> 'updated')::int <> c.updated
          or (counts ->> 'reactivated')::int <> c.reactivated or (counts ->> 'deactivated')::int <> c.removed)`,
    'a completed run has compared all that it read': sql`
      select id, counts from sync_run
      where connection_id = ${connectionId} and status = 'completed'
        and (counts ->> 'read')::int <> (counts ->> 'created')::int + (counts ->> 'updated')::int
          + (counts ->> 'reactivated')::int + (counts ->> 'unchanged')::int + (counts ->> 'errors')::int`,
    // What began and ended at one run's instant is counted on both sides and leaves no row.
    'counts of memberships are those of the rows': sql`
      select r.id, r.counts, m.* from sync_run r cross join lateral (
        select count(*) filter (where opened_run_id = r.id) as opened,
               count(*) filter (where closed_run_id = r.id) as closed
        from membership where connection_id = ${connectionId}) m
      where r.connection_id = ${connectionId} and not r.dry_run
        and (counts ->> 'membershipsAdded')::int - m.opened <> (counts ->> 'membershipsRemoved')::int - m.closed`,
    'nothing is left of a read or of a list of removals': sql`
      select c.relname as left_behind from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join sync_run r on c.relname like '%' || replace(r.id::text, '-', '') || '%'
      where n.nspname = 'staging' and c.relkind = 'r' and r.connection_id = ${connectionId}
      union all
      select 'removal ' || p.object_id from sync_pending_removal p join sync_run r on r.id = p.run_id
      where r.connection_id = ${connectionId} and not r.dry_run`,
  };
}
