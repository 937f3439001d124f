// Finds the persons that an account may belong to by names that are alike, where no value found any.
import type pg from 'pg';
import { exists, type RawBuilder, run, sql } from '../../sql.ts';
import { MOST_CANDIDATES } from './find-by-values.ts';
import { confidenceOf, NAME_KEY, readable } from './name-keys.ts';
import type { RankedConnection } from './rule-tables.ts';

/** A key that more names have than these is too common to compare all of them. */
const MOST_OF_ONE_KEY = 2_000;

/**
 * Names of accounts of earlier ranks. Whoever has another value where a rule lets several accounts share it, as another
 * employee id, is somebody else whatever the name. Each pair of names is compared once, and each name is looked up once,
 * however many accounts have it.
 * @param place places the links that it is given; absent where all are placed
 */
export async function findByNames(
  client: pg.PoolClient,
  { rank }: RankedConnection,
  place: ((client: pg.PoolClient, links: RawBuilder<unknown>) => Promise<void>) | undefined,
): Promise<void> {
  await collectUnnamed(client, rank);
  const alike = await compareNames(client, rank);
  if (alike) {
    await collectNamesakes(client, rank);
    if (place) await place(client, LINKS_OF_NAMESAKES);
    await collectPersons(client, rank);
    await keepApart(client, rank);
    await addNamesakes(client);
    await client.query('drop table namesake, placed_namesake, apart');
  }
  await client.query('drop table unnamed, alike');
}

async function collectUnnamed(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      create temp table unnamed on commit drop as
      select a.object_id, a.set_number, r.ordinal, r.name as rule, r.set_id, r.link, r.review, k.value as name
      from to_place a
      join rule r on r.set_number = a.set_number and r.attribute = ${sql.lit(NAME_KEY)}
      join correlation_key k on k.object_id = a.object_id and k.attribute = ${sql.lit(NAME_KEY)}
      where a.rank = ${sql.lit(rank)} and not exists (select from candidate c where c.object_id = a.object_id)`,
  );
  await client.query('analyze unnamed');
}

/**
 * Fills `alike` with the pairs of names that are alike enough to ask; name_key's indexes and correlation_key_value serve
 * it.
 * @returns whether there are any
 */
async function compareNames(client: pg.PoolClient, rank: number): Promise<boolean> {
  const least = sql`(select min(review) from unnamed)`;
  await run(
    client,
    sql`
      create temp table alike on commit drop as
      with
        mine as materialized (
          select k.value, k.name from (select distinct name from unnamed) u join name_key k on k.name = u.name),
        theirs as materialized (
          select n.value, n.name
          from (select distinct value from mine) m
          join name_key n on n.value = m.value
          where exists (
            select from correlation_key k
            join connection_rank r on r.connection_id = k.connection_id and r.rank < ${sql.lit(rank)}
            where k.value = n.name and k.attribute = ${sql.lit(NAME_KEY)} and not k.removed)),
        usual as materialized (
          select value from theirs group by value having count(*) <= ${sql.lit(MOST_OF_ONE_KEY)}),
        -- Compared before a pair that several keys found is told once: most are not alike.
        compared as materialized (
          select m.name, t.name as other,
                 ${confidenceOf(readable(sql`m.name`), readable(sql`t.name`), least)} as confidence
          from mine m join usual u on u.value = m.value join theirs t on t.value = m.value)
      select distinct name, other, confidence from compared where confidence >= ${least}`,
  );
  await client.query('analyze alike');
  return exists(client, sql`select from alike`);
}

/** Fills `namesake` with the accounts that have the names; correlation_key_value serves it. */
async function collectNamesakes(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      create temp table namesake on commit drop as
      select k.value as name, k.object_id
      from (select distinct other from alike) x
      join correlation_key k on k.value = x.other and k.attribute = ${sql.lit(NAME_KEY)}
      join connection_rank r on r.connection_id = k.connection_id and r.rank < ${sql.lit(rank)}
      where not k.removed`,
  );
  await client.query('analyze namesake');
}

/** Fills `placed_namesake`: who may be whom. Of the many persons that have one name a few are named. */
async function collectPersons(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      create temp table placed_namesake on commit drop as
      with
        named as (
          select n.name, p.person_id
          from namesake n
          join placed p on p.object_id = n.object_id and p.rank < ${sql.lit(rank)} and not p.removed
          group by n.name, p.person_id),
        few as materialized (
          select * from (
            select *, count(*) over (partition by name) > ${sql.lit(MOST_CANDIDATES)} as crowded,
                   row_number() over (partition by name order by person_id) as place
            from named) numbered
          where place <= ${sql.lit(MOST_CANDIDATES)})
      select u.*, x.confidence, f.person_id, f.crowded
      from unnamed u
      join alike x on x.name = u.name and x.confidence >= u.review
      join few f on f.name = x.other`,
  );
  await client.query('analyze placed_namesake');
}

async function addNamesakes(client: pg.PoolClient): Promise<void> {
  await run(
    client,
    sql`
      insert into candidate
      select n.object_id, n.ordinal, n.person_id, n.rule, n.set_id, ${NAME_KEY}, false, max(n.confidence),
             max(n.confidence) >= n.link, false, bool_or(n.crowded), false
      from placed_namesake n
      where not exists (select from person_link_denial d
                        where d.object_id = n.object_id and d.person_id = n.person_id)
        and not exists (select from apart x where x.object_id = n.object_id and x.person_id = n.person_id)
      group by n.object_id, n.ordinal, n.person_id, n.rule, n.set_id, n.link`,
  );
}

/** All accounts of the persons of namesakes. */
const LINKS_OF_NAMESAKES = sql`
  select l.* from (
    select distinct l.person_id from namesake n join person_link l on l.object_id = n.object_id) p
  join person_link l on l.person_id = p.person_id`;

/** Fills `apart` with the accounts and persons that have different values where a rule lets several share one. */
async function keepApart(client: pg.PoolClient, rank: number): Promise<void> {
  await run(
    client,
    sql`
      create temp table apart on commit drop as
      with
        mine as materialized (
          select distinct n.object_id, k.attribute
          from (select distinct object_id, set_number from placed_namesake) n
          join rule r on r.set_number = n.set_number and r.several
          join correlation_key k on k.object_id = n.object_id and k.attribute = r.attribute),
        theirs as materialized (
          select distinct p.person_id, k.attribute
          from (select distinct person_id from placed_namesake) n
          join placed p on p.person_id = n.person_id
            and (p.rank < ${sql.lit(rank)} or p.fixed or (p.removed and p.rank = ${sql.lit(rank)}))
          join correlation_key k on k.object_id = p.object_id
            and k.attribute in (select attribute from rule where several))
      select distinct n.object_id, n.person_id
      from placed_namesake n
      join mine m on m.object_id = n.object_id
      join theirs t on t.person_id = n.person_id and t.attribute = m.attribute`,
  );
  await client.query('analyze apart');
}
