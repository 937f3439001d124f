// Finds the accounts that a correlation has to evaluate: what changed, and whom that may concern.
import type pg from 'pg';
import { OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import type { Dirty } from './dirty-accounts.ts';
import { NAME_KEY } from './name-keys.ts';
import type { RankedConnection } from './rule-tables.ts';

/**
 * Fills `affected`: where most are dirty, all accounts that these may concern; else those that changed, and those whom it
 * concerns. What an account comes to follows from its own keys, from whom those who share a value or a similar name with
 * it belong to, and from who else is with these persons.
 * @returns how many they are
 */
export async function collectAffected(
  client: pg.PoolClient,
  ranks: RankedConnection[],
  dirty: Dirty,
): Promise<number> {
  await client.query('create temp table affected (object_id uuid, connection_id uuid) on commit drop');
  await (dirty.most ? addFrom(client, ranks.slice(dirty.from - 1)) : addConcerned(client));
  await client.query('analyze affected');
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from affected');
  return rows[0]?.count ?? 0;
}

/** The connections' partitions are read. */
async function addFrom(client: pg.PoolClient, ranks: RankedConnection[]): Promise<void> {
  const connections = sql.join(ranks.map(({ connectionId }) => sql.lit(connectionId)));
  await run(
    client,
    sql`
      insert into affected
      select object_id, connection_id from dirty
      union all
      select o.id, o.connection_id from directory_object o
      where o.connection_id = any (array[${connections}]::uuid[]) and o.object_class = 'user'
        and not exists (select from dirty d where d.object_id = o.id)`,
  );
}

async function addConcerned(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create unique index on affected (object_id);
    create temp table touched_value (attribute text collate "C", value text collate "C", rank integer) on commit drop;
    create temp table touched_person (person_id uuid, keyed boolean) on commit drop;
    insert into affected select object_id, connection_id from dirty`);
  await touchChanged(client);
  await concernOthers(client);
}

/** The values that came or went, those of accounts that were decided about, and the persons of all these. */
async function touchChanged(client: pg.PoolClient): Promise<void> {
  await client.query(`
    insert into touched_value
    select c.attribute, c.value, r.rank from changed_key c join connection_rank r on r.connection_id = c.connection_id
    union
    select k.attribute, k.value, r.rank
    from dirty d
    join correlation_key k on k.object_id = d.object_id
    join connection_rank r on r.connection_id = k.connection_id
    where d.decided;
    insert into touched_person
    select l.person_id, bool_or(c.attribute in (select attribute from rule where several))
    from changed_key c join person_link l on l.object_id = c.object_id group by 1
    union all
    select l.person_id, true from dirty d join person_link l on l.object_id = d.object_id where d.decided
    union all
    select p.id, false from dirty d join person p on p.anchor_object_id = d.object_id
    where exists (select from person_link m where m.person_id = p.id and m.manual)`);
}

/**
 * After accounts were placed: those whom it concerns that one moved, or that it waits now or waits no longer. Once
 * nobody is left, everybody outside is placed as an evaluation of everything would place him.
 * @returns whether there is anybody
 */
export async function reachFurther(client: pg.PoolClient): Promise<boolean> {
  await client.query(`
    truncate touched_value, touched_person;
    insert into touched_value
    select k.attribute, k.value, r.rank
    from moved m
    join connection_rank r on r.connection_id = m.connection_id
    join correlation_key k on k.object_id = m.object_id
    where m.person_id is distinct from m.left_id;
    insert into touched_person
    select p.person_id, bool_or(exists (
      select from correlation_key k
      where k.object_id = m.object_id and k.attribute in (select attribute from rule where several)))
    from moved m cross join lateral (values (m.person_id), (m.left_id)) p (person_id)
    where m.person_id is distinct from m.left_id and p.person_id is not null
    group by 1;
    -- Who waits because another account is with the person, or would be.
    insert into touched_person
    select coalesce(u.person_id, s.person_id), false
    from undecided u
    full join (
      select c.object_id, (c.candidates -> 0 ->> 'personId')::uuid as person_id
      from affected a join correlation_case c on c.object_id = a.object_id and c.status = 'open'
      where c.reason in ('shared_value', 'recycled_value')) s on s.object_id = u.object_id and s.person_id = u.person_id
    where (u.object_id is null or s.object_id is null) and coalesce(u.person_id, s.person_id) is not null`);
  const concerned = await concernOthers(client);
  if (concerned) await client.query('analyze affected');
  return concerned;
}

/** Takes in who shares a touched value, who is with a touched person, and who would be. */
async function concernOthers(client: pg.PoolClient): Promise<boolean> {
  await client.query('analyze touched_person');
  // What people decided keeps a person together: any of its accounts is found by the values of all.
  await client.query(`
    insert into touched_value
    select k.attribute, k.value, r.rank
    from (select person_id, bool_or(keyed) as keyed from touched_person group by 1) t
    join person_link l on l.person_id = t.person_id
    join connection_rank r on r.connection_id = l.connection_id
    join correlation_key k on k.object_id = l.object_id
    where case when k.attribute = '${NAME_KEY}' then t.keyed
          else exists (select from person_link m where m.person_id = t.person_id and m.manual) end;
    analyze touched_value`);
  const taken = [
    await concern(client, WITH_PERSON),
    await concern(client, SHARING_VALUE),
    await concern(client, SHARING_NAME),
  ];
  return taken.includes(true);
}

async function concern(client: pg.PoolClient, accounts: RawBuilder<unknown>): Promise<boolean> {
  const taken = await run(
    client,
    sql`
      with concerned as (insert into affected ${accounts} on conflict do nothing returning 1)
      select 1 from concerned limit 1`,
  );
  return taken.length > 0;
}

/** person_link_person, correlation_case_beside and person's keys serve it. */
const WITH_PERSON = sql`
  with t as materialized (select distinct person_id from touched_person)
  select l.object_id, l.connection_id from t join person_link l on l.person_id = t.person_id
  union
  select c.object_id, c.connection_id
  from t join correlation_case c on (c.candidates -> 0 ->> 'personId')::uuid = t.person_id
  where c.status = 'open' and c.reason in ('shared_value', 'recycled_value')
  union
  select o.id, o.connection_id
  from t join person p on p.id = t.person_id join directory_object o on o.id = p.anchor_object_id
  where exists (select from person_link m where m.person_id = p.id and m.manual)`;

/** correlation_key_value serves it. */
const SHARING_VALUE = sql`
  select distinct k.object_id, k.connection_id
  from (select distinct attribute, value from touched_value where attribute <> ${NAME_KEY}) t
  join correlation_key k on k.value = t.value and k.attribute = t.attribute`;

/** Names are compared with those of earlier ranks, of accounts that nothing else placed. name_key and the index as before. */
const SHARING_NAME = sql`
  select distinct k.object_id, k.connection_id
  from (
    select other.name, min(v.rank) as rank
    -- Each key once, however many touched names have it.
    from (select mine.value, min(t.rank) as rank
          from touched_value t join name_key mine on mine.name = t.value
          where t.attribute = ${NAME_KEY} and t.rank < (select max(rank) from connection_rank)
          group by mine.value) v
    join name_key other on other.value = v.value
    group by other.name) t
  join correlation_key k on k.value = t.name and k.attribute = ${NAME_KEY}
  join connection_rank r on r.connection_id = k.connection_id and r.rank > t.rank
  where not exists (
    select from person_link l
    where l.object_id = k.object_id
      and (l.manual or (l.rule <> ${OWN_PERSON} and l.rule not in (select name from rule where attribute = ${NAME_KEY}))))`;
