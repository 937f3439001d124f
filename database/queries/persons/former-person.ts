// Says what became of a person that is nobody any more, so that an old id still leads somewhere.
import { type Queryable, runOne, sql } from '../../sql.ts';

export interface FormerPerson {
  /** The person that has taken it over, through however many merges; null where nobody did. */
  mergedInto: string | null;
}

/** Undefined where there never was such a person. Served by the primary key, once a merge. */
export function formerPerson(on: Queryable, id: string): Promise<FormerPerson | undefined> {
  return runOne<FormerPerson>(
    on,
    sql`
      with recursive trail as (
        select p.id, p.merged_into, p.dissolved_at from person p where p.id = ${id}::uuid
        union
        select p.id, p.merged_into, p.dissolved_at from trail t join person p on p.id = t.merged_into
        where t.dissolved_at is not null)
      select (select id from trail where dissolved_at is null) as "mergedInto"
      from trail where id = ${id}::uuid`,
  );
}
