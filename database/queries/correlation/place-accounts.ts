// Decides for each affected account to whom it belongs: all accounts of a connection at once, connection by connection.
import type pg from 'pg';
import { OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { run, sql } from '../../sql.ts';
import { NAME_KEY } from './correlation-keys.ts';

/** Names beyond these many of one sound are compared with nobody's: they would be compared with everybody's. */
const MOST_OF_ONE_SOUND = 5_000;

/**
 * Fills `placed` (object, connection, person, rule, confidence, and whether the person is yet to be made) and `undecided` (object, reason, candidates). What no
 * run changes, links by hand and those of removed accounts, is placed from the beginning, and so is everybody else.
 */
export async function placeAccounts(client: pg.PoolClient, ranks: number[]): Promise<void> {
  await client.query(`
    drop table if exists pg_temp.placed, pg_temp.undecided, pg_temp.to_place;
    create temp table placed (object_id uuid primary key, connection_id uuid, person_id uuid, rule text,
      confidence smallint, rank integer, removed boolean, new_person boolean) on commit drop;
    create index on placed (person_id);
    create temp table undecided (object_id uuid primary key, connection_id uuid, reason text, candidates jsonb)
      on commit drop;
    with
      -- Those who share a value with an affected account, and all accounts of their persons.
      near as (
        select distinct other.object_id
        from affected a
        join correlation_key k on k.object_id = a.object_id
        join correlation_key other on other.value = k.value and other.attribute = k.attribute
        where not exists (select from affected e where e.object_id = other.object_id)),
      known as (
        select l.* from affected a join person_link l on l.object_id = a.object_id
        union
        select l.* from (select distinct n.person_id from near join person_link n on n.object_id = near.object_id) p
        join person_link l on l.person_id = p.person_id)
    insert into placed
    select l.object_id, l.connection_id, l.person_id, l.rule, l.confidence, r.rank, o.removed_at is not null, false
    from known l
    join connection_rank r on r.connection_id = l.connection_id
    join directory_object o on o.id = l.object_id and o.connection_id = l.connection_id
    where l.manual or o.removed_at is not null
      or not exists (select from affected a where a.object_id = l.object_id);
    create temp table to_place on commit drop as
    select a.object_id, a.connection_id, r.rank, s.number as set_number, s.link, s.review
    from affected a
    join connection_rank r on r.connection_id = a.connection_id
    join directory_object o on o.id = a.object_id and o.connection_id = a.connection_id
    join lateral (
      select s.* from rule_set s
      where s.project_id is null or exists (
        select from object_scope c where c.object_id = a.object_id and c.connection_id = a.connection_id
          and c.project_id = s.project_id)
      order by s.project_id nulls last limit 1) s on true
    where o.removed_at is null and o.object_class = 'user'
      and not exists (select from placed p where p.object_id = a.object_id);
    analyze to_place`);
  for (const rank of ranks) {
    const here = await client.query('select from to_place where rank = $1 limit 1', [rank]);
    if (here.rowCount) await placeRank(client, rank);
  }
}

async function placeRank(client: pg.PoolClient, rank: number): Promise<void> {
  await client.query('analyze placed');
  await client.query(`
    create temp table candidate (object_id uuid, ordinal integer, person_id uuid, several boolean, rule text,
      attribute text, confidence smallint, removed boolean) on commit drop`);
  await findByValues(client, rank);
  await findByNames(client, rank);
  await client.query('analyze candidate');
  await decide(client, rank);
  await client.query('drop table candidate, verdict');
}

/**
 * By the first rule that finds anybody: accounts of earlier ranks, and removed ones of the same connection, that share
 * the value. correlation_key_value serves it.
 */
async function findByValues(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      insert into candidate
      select object_id, ordinal, person_id, several, name, attribute, 100, removed
      from (
        select a.object_id, r.ordinal, p.person_id, r.several, r.name, r.attribute, bool_and(p.removed) as removed,
               min(r.ordinal) over (partition by a.object_id) as first
        from to_place a
        join rule r on r.set_number = a.set_number and r.attribute <> ${NAME_KEY}
        join correlation_key k on k.object_id = a.object_id and k.attribute = r.attribute
        join correlation_key other on other.value = k.value and other.attribute = k.attribute
        join placed p on p.object_id = other.object_id
        where a.rank = ${rank} and (p.rank < a.rank or (p.rank = a.rank and p.removed))
          and not exists (select from person_link_denial d
                          where d.object_id = a.object_id and d.person_id = p.person_id)
        group by a.object_id, r.ordinal, p.person_id, r.several, r.name, r.attribute) found
      where ordinal = first`,
  );
}

/**
 * Those whose names are alike, for accounts that no value placed. Whoever has another value where a rule lets several
 * accounts share it, as another employee id, is somebody else whatever the name. Each pair of names is compared once.
 */
async function findByNames(client: pg.PoolClient, rank: number): Promise<void> {
  await client.query('analyze candidate');
  await run(
    client,
    sql`
      create temp table unnamed on commit drop as
      select a.object_id, a.set_number, a.review, r.ordinal, r.name as rule, k.value as sound, k.name
      from to_place a
      join rule r on r.set_number = a.set_number and r.attribute = ${sql.lit(NAME_KEY)}
      join correlation_key k on k.object_id = a.object_id and k.attribute = ${sql.lit(NAME_KEY)}
      where a.rank = ${sql.lit(rank)} and not exists (select from candidate c where c.object_id = a.object_id)`,
  );
  await client.query('analyze unnamed');
  await run(
    client,
    sql`
      with
        named as materialized (
          select k.value as sound, k.name, p.person_id
          from placed p
          join correlation_key k on k.object_id = p.object_id and k.attribute = ${NAME_KEY}
          where not p.removed and p.rank < ${rank} and k.value in (select sound from unnamed)),
        sounds as materialized (
          select sound from named group by sound having count(*) <= ${MOST_OF_ONE_SOUND}),
        pairs as materialized (
          select one.name, other.name as other,
                 round(100 * greatest(similarity(one.name, other.name), 1 - levenshtein(one.name, other.name)::real
                       / greatest(length(one.name), length(other.name))))::smallint as confidence
          from (select distinct sound, name from unnamed) one
          join (select distinct n.sound, n.name from named n join sounds s on s.sound = n.sound) other
            on other.sound = one.sound)
      insert into candidate
      select u.object_id, u.ordinal, n.person_id, false, u.rule, ${NAME_KEY}, max(x.confidence), false
      from unnamed u
      join pairs x on x.name = u.name and x.confidence >= u.review
      join named n on n.sound = u.sound and n.name = x.other
      where not exists (select from person_link_denial d
                        where d.object_id = u.object_id and d.person_id = n.person_id)
        and not exists (
          select from correlation_key mine
          join rule r on r.set_number = u.set_number and r.several and r.attribute = mine.attribute
          join correlation_key theirs on theirs.attribute = mine.attribute
          join placed p on p.object_id = theirs.object_id and p.person_id = n.person_id
          where mine.object_id = u.object_id)
      group by u.object_id, u.ordinal, n.person_id, u.rule`,
  );
  await client.query('drop table unnamed');
}

/** What the candidates come to; whoever has none is a person of his own, the one made for him if there was one. */
async function decide(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      create temp table verdict on commit drop as
      select a.object_id, a.connection_id, c.person_id, c.rule, c.confidence, c.several, c.candidates,
        case
          when c.persons is null then null
          when c.persons > 1 then case c.attribute when ${sql.lit(NAME_KEY)} then 'similar_name' else 'several_persons' end
          when c.attribute = ${sql.lit(NAME_KEY)} and c.confidence < a.link then 'similar_name'
          when c.several then null
          when c.removed and l.object_id is null then 'recycled_value'
          when exists (
            select from correlation_key k
            join correlation_key other on other.value = k.value and other.attribute = k.attribute
            where k.object_id = a.object_id and k.attribute = c.attribute and c.attribute <> ${sql.lit(NAME_KEY)}
              and other.connection_id = a.connection_id and other.object_id <> a.object_id and not other.removed)
            then 'shared_value'
          when exists (
            select from placed p where p.person_id = c.person_id and p.connection_id = a.connection_id
              and p.object_id <> a.object_id) then 'recycled_value'
        end as reason
      from to_place a
      left join (
        select object_id, count(*) as persons, min(person_id::text)::uuid as person_id, min(rule) as rule,
               max(confidence) as confidence, bool_and(several) as several, bool_and(removed) as removed,
               min(attribute) as attribute,
               jsonb_agg(jsonb_build_object('personId', person_id, 'rule', rule, 'confidence', confidence)
                         order by confidence desc, person_id) as candidates
        from candidate group by object_id) c on c.object_id = a.object_id
      left join person_link l on l.object_id = a.object_id and l.person_id = c.person_id
      where a.rank = ${sql.lit(rank)}`,
  );
  await client.query(`
    -- Two accounts of this connection that come to one person, and not by a value that several may share.
    update verdict v set reason = 'shared_value'
    where v.reason is null and v.person_id is not null and not v.several
      and exists (select from verdict w where w.person_id = v.person_id and w.object_id <> v.object_id
                  and w.reason is null);
    insert into undecided select object_id, connection_id, reason, candidates from verdict where reason is not null`);
  await run(
    client,
    sql`
      insert into placed
      select v.object_id, v.connection_id, coalesce(v.person_id, own.id, uuidv7()), coalesce(v.rule, ${OWN_PERSON}),
             coalesce(v.confidence, 100), ${rank}, false, v.person_id is null and own.id is null
      from verdict v left join person own on own.anchor_object_id = v.object_id
      where v.reason is null`,
  );
}
