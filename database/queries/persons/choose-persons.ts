// Which persons a refresh takes next.
import { type Queryable, run, sql } from '../../sql.ts';

/**
 * Those whose accounts, profile or case changed since their last refresh, dissolved ones too, and last whose refresh
 * failed; refresh_wanted's key and refresh_wanted_failed serve it.
 */
export async function wantedPersons(on: Queryable, limit: number): Promise<string[]> {
  const rows = await run<{ id: string }>(
    on,
    sql`
      (select person_id as id from refresh_wanted where failures = 0 order by person_id limit ${limit})
      union all
      (select person_id from refresh_wanted where failures > 0 order by failures, person_id limit ${limit})
      limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** Lets all others go first; how long somebody has waited stays true. refresh_wanted's key serves it. */
export async function putBehind(on: Queryable, personIds: readonly string[]): Promise<void> {
  await run(
    on,
    sql`update refresh_wanted set failures = failures + 1 where person_id = any(${personIds}::uuid[])`,
  );
}

/**
 * Those of these persons whose accounts had changed; they wait no longer. Before anything is read of them: what changes
 * from now on has them wait again. Served by refresh_wanted's key.
 */
export async function takeWanted(on: Queryable, persons: readonly string[]): Promise<string[]> {
  const rows = await run<{ id: string }>(
    on,
    sql`delete from refresh_wanted where person_id = any(${persons}::uuid[]) returning person_id as id`,
  );
  return rows.map(({ id }) => id);
}

/**
 * By id behind `after`: the persons of a profile, and those with an account on its connection, which may be its own
 * from now on. person_profile and person_link_order serve it.
 */
export async function personsOfProfile(
  on: Queryable,
  profileId: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await run<{ id: string }>(
    on,
    sql`
      select id from (
        (select id from person
         where identity_profile_id = ${profileId} and dissolved_at is null
           and id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
         order by id limit ${limit})
        union
        (select distinct person_id from person_link
         where connection_id = (select connection_id from identity_profile where id = ${profileId})
           and person_id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
         order by person_id limit ${limit})) chosen
      order by id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** About how many `personsOfProfile` names in all. */
export async function countPersonsOfProfile(on: Queryable, profileId: string): Promise<number> {
  const [row] = await run<{ count: number }>(
    on,
    sql`
      select greatest(
        (select count(*) from person where identity_profile_id = ${profileId} and dissolved_at is null),
        (select count(distinct person_id) from person_link
         where connection_id = (select connection_id from identity_profile where id = ${profileId})))::int as count`,
  );
  return row?.count ?? 0;
}
