// Finds the persons that an account may belong to by values that it has in common with other accounts.
import type pg from 'pg';
import { exists, type RawBuilder, run, sql } from '../../sql.ts';
import { NAME_KEY } from './name-keys.ts';
import type { RankedConnection } from './rule-tables.ts';

/** Of more persons that have a value these are named; that there are several is all that matters. */
export const MOST_CANDIDATES = 10;

/** The first rule finds nearly everybody where many are placed at once: the others are asked for the rest alone. */
const IN_TURN = [sql`r.ordinal = 0`, sql`r.ordinal > 0`];

/**
 * By the first rule that finds anybody: accounts of earlier ranks, and removed ones of the same connection, that share
 * the value; then accounts that people decided about. Each value is looked up once, however many share it.
 * correlation_key_object and correlation_key_value serve it.
 * @param many accounts are placed at once
 */
export async function findByValues(
  client: pg.PoolClient,
  ranked: RankedConnection,
  many: boolean,
): Promise<void> {
  const { rank } = ranked;
  const seen = await exists(
    client,
    sql`select from placed where rank < ${rank} or (rank = ${rank} and removed)`,
  );
  if (seen) for (const rules of many ? IN_TURN : [sql`true`]) await findSharing(client, ranked, rules);
  if (!(await exists(client, sql`select from placed where fixed and not removed and rank > ${rank}`))) return;
  await ask(client, ranked, sql`true`);
  await findDecided(client, ranked);
  await client.query('drop table asked');
}

async function findSharing(
  client: pg.PoolClient,
  ranked: RankedConnection,
  rules: RawBuilder<unknown>,
): Promise<void> {
  await ask(client, ranked, rules);
  await answerValues(client, ranked);
  await addCandidates(
    client,
    sql`
      select q.object_id, q.ordinal, w.person_id, bool_and(w.ended <= q.since) as stale,
             bool_or(w.persons > ${MOST_CANDIDATES}) as crowded, bool_or(w.shared) as shared, ${RULE_ASKED}
      from asked q
      join answer w on w.value = q.value and w.attribute = q.attribute
      where not exists (select from person_link_denial d
                        where d.object_id = q.object_id and d.person_id = w.person_id)
      group by q.object_id, q.ordinal, w.person_id`,
  );
  await client.query('drop table asked, answer');
}

/** An account and an ordinal name one rule. */
const RULE_ASKED = sql`
  any_value(q.name) as name, any_value(q.set_id) as set_id, any_value(q.attribute) as attribute,
  any_value(q.several) as several`;

/** Fills `asked` with what those are asked about for whom nobody was found yet. */
async function ask(
  client: pg.PoolClient,
  { rank }: RankedConnection,
  rules: RawBuilder<unknown>,
): Promise<void> {
  await run(
    client,
    sql`
      create temp table asked on commit drop as
      select a.object_id, r.ordinal, r.name, r.attribute, r.several, r.set_id, k.value, k.since
      from to_place a
      join rule r on r.set_number = a.set_number and r.attribute <> ${sql.lit(NAME_KEY)} and ${rules}
      join correlation_key k on k.object_id = a.object_id and k.attribute = r.attribute
      where a.rank = ${sql.lit(rank)} and not exists (select from candidate c where c.object_id = a.object_id)`,
  );
  await client.query('analyze asked');
}

/** Who has the values that are asked for, until when, and whether several accounts of the connection have them. */
async function answerValues(client: pg.PoolClient, { rank, connectionId }: RankedConnection): Promise<void> {
  // Told beforehand, so that where the table is read as a whole most of it is passed over.
  const attributes = await run<{ attribute: string }>(client, sql`select distinct attribute from asked`);
  const listed = sql.join(attributes.map(({ attribute }) => sql.lit(attribute)));
  await run(
    client,
    sql`
      create temp table answer on commit drop as
      with
        holder as materialized (
          select k.attribute, k.value, k.object_id, k.connection_id = ${sql.lit(connectionId)}::uuid and not k.removed as here
          from (select distinct attribute, value from asked) v
          join correlation_key k on k.value = v.value and k.attribute = v.attribute
            and k.attribute = any (array[${listed}]::text[])),
        found as (
          select h.attribute, h.value, p.person_id, max(p.ended) as ended
          from holder h join placed p on p.object_id = h.object_id
          where p.rank < ${sql.lit(rank)} or (p.rank = ${sql.lit(rank)} and p.removed)
          group by h.attribute, h.value, p.person_id),
        ranked as (
          select *, row_number() over (partition by attribute, value order by person_id) as place,
                 count(*) over (partition by attribute, value) as persons
          from found),
        shared as (
          select attribute, value from holder where here group by attribute, value having count(*) > 1)
      select r.*, s.value is not null as shared
      from ranked r left join shared s on s.value = r.value and s.attribute = r.attribute
      where r.place <= ${sql.lit(MOST_CANDIDATES)}`,
  );
  await client.query('analyze answer');
}

/**
 * For whom nobody was found: accounts of later ranks that people linked, of persons that have nobody of this rank or an
 * earlier one. Those would have found the account, were they not held; whom one of them was taken from does not follow
 * it. A value that several accounts of the connection have finds nobody here.
 */
async function findDecided(client: pg.PoolClient, { rank, connectionId }: RankedConnection): Promise<void> {
  const here = sql`${connectionId}::uuid`;
  await addCandidates(
    client,
    sql`
      select q.object_id, q.ordinal, p.person_id, false as stale, false as crowded, false as shared, ${RULE_ASKED}
      from placed p
      join correlation_key k on k.object_id = p.object_id
      join asked q on q.value = k.value and q.attribute = k.attribute
      where p.fixed and not p.removed and p.rank > ${rank}
        and not exists (select from placed e where e.person_id = p.person_id and e.rank <= ${rank})
        and not exists (
          select from person own join directory_object o on o.id = own.anchor_object_id
          where own.id = p.person_id and o.connection_id = ${here} and o.removed_at is null and o.object_class = 'user')
        and not exists (
          select from person_link_denial d left join person own on own.id = d.person_id
          where (d.object_id = q.object_id and d.person_id = p.person_id)
            or (d.object_id = p.object_id and own.anchor_object_id = q.object_id))
        and (q.several or not exists (
          select from correlation_key other
          where other.value = q.value and other.attribute = q.attribute and other.connection_id = ${here}
            and not other.removed and other.object_id <> q.object_id))
      group by q.object_id, q.ordinal, p.person_id`,
  );
}

async function addCandidates(client: pg.PoolClient, found: RawBuilder<unknown>): Promise<void> {
  await run(
    client,
    sql`
      insert into candidate
      select object_id, ordinal, person_id, name, set_id, attribute, several, 100, true, stale, crowded, shared
      from (select *, min(ordinal) over (partition by object_id) as first from (${found}) f) found
      where ordinal = first`,
  );
  await client.query('analyze candidate');
}
