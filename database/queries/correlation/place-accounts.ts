// Decides for each affected account to whom it belongs: all accounts of a connection at once, connection by connection.
import type pg from 'pg';
import { OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { exists, type RawBuilder, run, sql } from '../../sql.ts';
import { decide } from './decide-placements.ts';
import type { Dirty } from './dirty-accounts.ts';
import { findByNames } from './find-by-names.ts';
import { findByValues } from './find-by-values.ts';
import { NAME_KEY } from './name-keys.ts';
import type { RankedConnection } from './rule-tables.ts';

/**
 * Fills `placed` (object, connection, person, rule, confidence, and whether the person is yet to be made) and
 * `undecided` (object, reason, candidates). What no run changes is placed from the beginning, and so is everybody
 * who is not affected: links by hand, the account that a person was made for to whom people linked others, and the
 * links of removed accounts.
 */
export async function placeAccounts(
  client: pg.PoolClient,
  ranks: RankedConnection[],
  { most, from }: Dirty,
): Promise<void> {
  await client.query(`
    drop table if exists pg_temp.placed, pg_temp.undecided, pg_temp.to_place;
    create temp table placed (object_id uuid, connection_id uuid, person_id uuid, rule text,
      confidence smallint, rule_set_id uuid, rank integer, removed boolean, ended timestamptz, fixed boolean,
      new_person boolean) on commit drop;
    create temp table undecided (object_id uuid primary key, connection_id uuid, person_id uuid, reason text,
      candidates jsonb, rule_set_id uuid) on commit drop`);
  // Where most are placed, the table is read as a whole.
  if (!most)
    await client.query('create unique index on placed (object_id); create index on placed (person_id)');
  if (most) await placeStandingOf(client, ranks, from);
  else await placeStanding(client, NEAR);
  await placeAnchors(client);
  await collectToPlace(client);
  for (const ranked of ranks) {
    if (await exists(client, sql`select from to_place where rank = ${ranked.rank}`))
      await placeRank(client, ranked, !most);
  }
}

/** All links of earlier ranks, and of the others those that no run changes; person_link_order serves it. */
async function placeStandingOf(
  client: pg.PoolClient,
  ranks: RankedConnection[],
  from: number,
): Promise<void> {
  for (const { rank, connectionId } of ranks) {
    // One at a time, so that its partition alone is read.
    const links = sql`select * from person_link where connection_id = ${sql.lit(connectionId)}::uuid`;
    await placeStanding(
      client,
      rank < from
        ? links
        : sql`
            select l.* from (${links}) l
            join directory_object o on o.id = l.object_id and o.connection_id = l.connection_id
            where l.manual or o.removed_at is not null`,
    );
  }
}

/** All links of the persons of affected accounts, and of those who share a value with one. */
const NEAR = sql`
  select l.* from (
    select l.person_id from affected a join person_link l on l.object_id = a.object_id
    union
    select l.person_id
    from (select distinct k.attribute, k.value
          from affected a join correlation_key k on k.object_id = a.object_id where k.attribute <> ${NAME_KEY}) v
    join correlation_key k on k.value = v.value and k.attribute = v.attribute
    join person_link l on l.object_id = k.object_id) p
  join person_link l on l.person_id = p.person_id`;

/** Takes over what is stored of `links`, but the automatic ones of affected accounts. */
async function placeStanding(client: pg.PoolClient, links: RawBuilder<unknown>): Promise<void> {
  await run(
    client,
    sql`
      insert into placed
      select l.object_id, l.connection_id, l.person_id, l.rule, l.confidence, l.rule_set_id, r.rank,
             o.removed_at is not null, coalesce(o.removed_at, 'infinity'),
             l.manual or exists (select from person p where p.anchor_object_id = l.object_id and p.id = l.person_id
               and exists (select from person_link m where m.person_id = p.id and m.manual)), false
      from (${links}) l
      join connection_rank r on r.connection_id = l.connection_id
      join directory_object o on o.id = l.object_id and o.connection_id = l.connection_id
      where (l.manual or o.removed_at is not null
          or not exists (select from affected a where a.object_id = l.object_id))
        and not exists (select from placed p where p.object_id = l.object_id)`,
  );
}

/** person_link_manual and person's key serve it: people's decisions are few. */
async function placeAnchors(client: pg.PoolClient): Promise<void> {
  await run(
    client,
    sql`
      insert into placed
      select a.object_id, a.connection_id, p.id, ${OWN_PERSON}, 100, null, r.rank, false, 'infinity', true, false
      from (select distinct person_id from person_link where manual) m
      join person p on p.id = m.person_id
      join affected a on a.object_id = p.anchor_object_id
      join connection_rank r on r.connection_id = a.connection_id
      join directory_object o on o.id = a.object_id and o.connection_id = a.connection_id
      where o.removed_at is null and o.object_class = 'user'
        and not exists (select from placed p where p.object_id = a.object_id)`,
  );
}

/** With the rules that hold for each: of its project, after those that linked it if they were replaced since. */
async function collectToPlace(client: pg.PoolClient): Promise<void> {
  const own = await exists(client, sql`select from rule_set where project_id is not null`);
  const replaced = await exists(client, sql`select from rule_choice`);
  await run(
    client,
    sql`
      create temp table to_place on commit drop as
      select a.object_id, a.connection_id, r.rank, ${replaced ? sql`coalesce(e.set_number, s.number)` : sql`s.number`} as set_number
      from affected a
      join connection_rank r on r.connection_id = a.connection_id
      join directory_object o on o.id = a.object_id and o.connection_id = a.connection_id
      join ${own ? OWN_RULES : sql`rule_set`} s on true
      ${replaced ? EARLIER_RULES : sql``}
      where o.removed_at is null and o.object_class = 'user'
        and not exists (select from placed p where p.object_id = a.object_id)`,
  );
  await client.query('analyze to_place');
}

/** Of the project, if it has rules of its own. */
const OWN_RULES = sql`
  lateral (
    select s.number from rule_set s
    where s.project_id is null or exists (
      select from object_scope c where c.object_id = a.object_id and c.connection_id = a.connection_id
        and c.project_id = s.project_id)
    order by s.project_id nulls last limit 1)`;

/** Of the link, or of the case, but where a value of the account itself has changed. */
const EARLIER_RULES = sql`
  left join person_link l on l.object_id = a.object_id
  left join correlation_case k on k.object_id = a.object_id and k.status = 'open'
  left join rule_choice e on e.present = s.number and e.earlier_id = coalesce(l.rule_set_id, k.rule_set_id)
    and not exists (select from rekeyed c where c.object_id = a.object_id)`;

async function placeRank(client: pg.PoolClient, ranked: RankedConnection, inParts: boolean): Promise<void> {
  await client.query(`
    analyze placed;
    create temp table candidate (object_id uuid, ordinal integer, person_id uuid, rule text, rule_set_id uuid,
      attribute text, several boolean, confidence smallint, certain boolean, stale boolean, crowded boolean,
      shared boolean) on commit drop`);
  await findByValues(client, ranked, !inParts);
  if (ranked.rank > 1) await findByNames(client, ranked, inParts ? placeStanding : undefined);
  await client.query('analyze candidate');
  await decide(client, ranked.rank);
  await client.query('drop table candidate');
}
