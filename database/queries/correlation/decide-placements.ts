// What the candidates of a connection's accounts come to: a link, a case for a person to decide, or a person of its own.
import type pg from 'pg';
import { OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { run, sql } from '../../sql.ts';
import { MOST_CANDIDATES } from './find-by-values.ts';
import { NAME_KEY } from './name-keys.ts';

/** Fills `placed` and `undecided`; whoever has no candidate is a person of his own, the one made for him if there was one. */
export async function decide(client: pg.PoolClient, rank: number): Promise<void> {
  await judge(client, rank);
  await leaveUndecided(client);
  await run(
    client,
    sql`
      insert into placed
      select object_id, connection_id, coalesce(target_id, uuidv7()), coalesce(rule, ${OWN_PERSON}),
             coalesce(confidence, 100), rule_set_id, ${rank}, false, 'infinity', false, target_id is null
      from verdict where reason is null`,
  );
  await client.query('drop table verdict');
}

/** Of many candidates the likeliest are named. */
async function leaveUndecided(client: pg.PoolClient): Promise<void> {
  await run(
    client,
    sql`
      insert into undecided
      select v.object_id, v.connection_id, case when v.reason in ('shared_value', 'recycled_value') then v.person_id end,
             v.reason, c.candidates,
             case when v.rule_set_id in (select earlier_id from rule_choice) then v.rule_set_id end
      from verdict v
      join (
        select object_id,
               jsonb_agg(jsonb_build_object('personId', person_id, 'rule', rule, 'confidence', confidence)
                         order by confidence desc, person_id) as candidates
        from (select *, row_number() over (partition by object_id order by confidence desc, person_id) as place
              from candidate where object_id in (select object_id from verdict where reason is not null)) ordered
        where place <= ${sql.lit(MOST_CANDIDATES)}
        group by object_id) c on c.object_id = v.object_id
      where v.reason is not null`,
  );
}

/** person's key of anchors serves it. */
async function judge(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      create temp table verdict on commit drop as
      select a.object_id, a.connection_id, c.person_id, c.rule, c.rule_set_id, c.confidence, c.several,
        coalesce(c.person_id, own.id) as target_id,
        case
          when c.persons is null then null
          when c.persons > 1 or c.crowded then
            case c.attribute when ${sql.lit(NAME_KEY)} then 'similar_name' else 'several_persons' end
          when not c.certain then 'similar_name'
          when c.several then null
          when c.stale then 'recycled_value'
          when c.shared then 'shared_value'
        end as reason
      from to_place a
      left join (
        select object_id, count(*) as persons, any_value(person_id) as person_id, min(rule) as rule,
               min(rule_set_id::text)::uuid as rule_set_id, max(confidence) as confidence,
               bool_and(several) as several, bool_or(crowded) as crowded, bool_and(certain) as certain,
               bool_or(stale) as stale, bool_or(shared) as shared, min(attribute) as attribute
        from candidate
        group by object_id) c on c.object_id = a.object_id
      left join person own on own.anchor_object_id = a.object_id
      where a.rank = ${sql.lit(rank)}`,
  );
  await client.query(`
    analyze verdict (target_id, reason);
    -- The person has another account of this connection, or another one comes to it at the same time.
    update verdict v set reason = 'recycled_value'
    from (
      select target_id from (
        select target_id, object_id from verdict where reason is null and target_id is not null
        union
        select p.person_id, p.object_id
        from (select distinct target_id, connection_id from verdict where reason is null and person_id is not null) w
        join placed p on p.person_id = w.target_id and p.connection_id = w.connection_id) there
      group by target_id having count(*) > 1) crowd
    where v.target_id = crowd.target_id and v.reason is null and v.person_id is not null and not v.several`);
}
