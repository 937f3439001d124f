// Writes what a correlation decided: persons, links with their history, and cases; only what differs is touched.
import type pg from 'pg';
import { type RawBuilder, run, runOne, sql } from '../../sql.ts';

export interface CorrelationCounts {
  personsCreated: number;
  linked: number;
  unlinked: number;
  casesOpened: number;
}

/**
 * Fills `moved` with what differs from what is stored; `person_id` null: the account belongs to nobody now. Where the
 * same follows from other rules than before, history is not `told`.
 */
export async function compareWithStored(client: pg.PoolClient): Promise<void> {
  await client.query(`
    analyze placed;
    drop table if exists pg_temp.moved;
    create temp table moved on commit drop as
    select a.object_id, a.connection_id, l.person_id as left_id, p.person_id, p.rule, p.confidence, p.rule_set_id,
           p.new_person, (l.person_id, l.rule, l.confidence) is distinct from (p.person_id, p.rule, p.confidence) as told
    from affected a
    left join person_link l on l.object_id = a.object_id
    left join placed p on p.object_id = a.object_id
    where (l.person_id, l.rule, l.confidence, l.rule_set_id)
      is distinct from (p.person_id, p.rule, p.confidence, p.rule_set_id)
    -- Most indexes that are written are ordered by it: neighbours go to one page.
    order by p.person_id;
    analyze moved`);
}

export async function applyPlacements(
  client: pg.PoolClient,
  runId: string | null,
): Promise<CorrelationCounts> {
  const personsCreated = await createPersons(client);
  const links = await moveLinks(client, runId);
  await dissolvePersons(client);
  const casesOpened = await recordCases(client, runId);
  await wantRefreshes(client);
  return { personsCreated, ...links, casesOpened };
}

/** One for each account that is a person of its own and has none; what its account says is filled in by the refresh. */
async function createPersons(client: pg.PoolClient): Promise<number> {
  const created = await countWritten(
    client,
    sql`
      insert into person (id, anchor_object_id, display_name)
      select m.person_id, m.object_id, o.display_name
      from moved m
      join directory_object o on o.id = m.object_id and o.connection_id = m.connection_id
      where m.new_person`,
  );
  await client.query(`
    update person p set dissolved_at = null, merged_into = null
    from moved m where p.id = m.person_id and p.dissolved_at is not null`);
  return created;
}

async function moveLinks(
  client: pg.PoolClient,
  runId: string | null,
): Promise<{ linked: number; unlinked: number }> {
  // Links have no other writer while this one has its turn.
  await run(
    client,
    sql`
      insert into person_link (object_id, connection_id, person_id, rule, confidence, rule_set_id, run_id)
      select object_id, connection_id, person_id, rule, confidence, rule_set_id, ${runId}::uuid
      from moved where person_id is not null and left_id is null`,
  );
  await run(
    client,
    sql`
      update person_link l set person_id = m.person_id, rule = m.rule, confidence = m.confidence,
        rule_set_id = m.rule_set_id, run_id = ${runId}::uuid, linked_at = now()
      from moved m where m.object_id = l.object_id and m.person_id is not null and m.left_id is not null and m.told`,
  );
  await client.query(
    'update person_link l set rule_set_id = m.rule_set_id from moved m where m.object_id = l.object_id and not m.told',
  );
  await client.query(
    'delete from person_link l using moved m where l.object_id = m.object_id and m.person_id is null',
  );
  // One after the other, so that the ids of the events tell their order.
  const unlinked = await countWritten(
    client,
    sql`
      insert into person_link_event (object_id, connection_id, person_id, action, run_id)
      select object_id, connection_id, left_id, 'unlinked', ${runId}::uuid
      from moved where left_id is not null and left_id is distinct from person_id`,
  );
  const linked = await countWritten(
    client,
    sql`
      insert into person_link_event (object_id, connection_id, person_id, action, rule, confidence, run_id)
      select object_id, connection_id, person_id, 'linked', rule, confidence, ${runId}::uuid
      from moved where person_id is not null and told`,
  );
  return { linked, unlinked };
}

async function countWritten(client: pg.PoolClient, statement: RawBuilder<unknown>): Promise<number> {
  const row = await runOne<{ count: number }>(
    client,
    sql`with written as (${statement} returning 1) select count(*)::int as count from written`,
  );
  return row?.count ?? 0;
}

/** Whoever lost the last account: merged into the person that its anchor belongs to now, if it belongs to one. */
async function dissolvePersons(client: pg.PoolClient): Promise<void> {
  await client.query(`
    update person p set dissolved_at = clock_timestamp(),
      merged_into = (select l.person_id from person_link l where l.object_id = p.anchor_object_id)
    from (select distinct left_id from moved where left_id is distinct from person_id) m
    where p.id = m.left_id and not exists (select from person_link l where l.person_id = p.id)`);
}

/** Persons whose accounts came, went or changed, and those of cases that did. */
async function wantRefreshes(client: pg.PoolClient): Promise<void> {
  await client.query(`
    insert into refresh_wanted (person_id)
    select person_id from (select person_id from moved where person_id is not null
          union select left_id from moved where left_id is not null
          union select l.person_id from dirty d join person_link l on l.object_id = d.object_id
                where not exists (select from moved m where m.object_id = d.object_id)
          union select person_id from case_person) m
    -- In the order of the key, which takes them in less time.
    order by person_id
    on conflict do nothing`);
}

/** Fills `case_person` with the candidates of cases that change. @returns how many are new */
async function recordCases(client: pg.PoolClient, runId: string | null): Promise<number> {
  await client.query(`
    create temp table case_person on commit drop as
    select distinct (k ->> 'personId')::uuid as person_id
    from affected a
    left join correlation_case c on c.object_id = a.object_id and c.status = 'open'
    left join undecided u on u.object_id = a.object_id
    cross join lateral (select jsonb_array_elements(coalesce(c.candidates, '[]') || coalesce(u.candidates, '[]'))) e (k)
    where c.candidates is distinct from u.candidates`);
  await run(
    client,
    sql`
      update correlation_case c set status = 'resolved', resolved_at = clock_timestamp(),
        resolution = jsonb_build_object('action', 'settled', 'runId', ${runId}::uuid)
      from affected a
      where c.object_id = a.object_id and c.status = 'open'
        and not exists (select from undecided u where u.object_id = a.object_id)`,
  );
  const row = await runOne<{ opened: number }>(
    client,
    sql`
      with written as (
        insert into correlation_case (object_id, connection_id, reason, candidates, rule_set_id, run_id)
        select object_id, connection_id, reason, candidates, rule_set_id, ${runId}::uuid from undecided
        on conflict (object_id) where status = 'open' do update
          set reason = excluded.reason, candidates = excluded.candidates, rule_set_id = excluded.rule_set_id
          where (correlation_case.reason, correlation_case.candidates, correlation_case.rule_set_id)
            is distinct from (excluded.reason, excluded.candidates, excluded.rule_set_id)
        returning old.id is null as new)
      select count(*) filter (where new)::int as opened from written`,
  );
  return row?.opened ?? 0;
}
