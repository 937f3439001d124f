// Whether an account waits for a decision that may make it a person's.
import { type RawBuilder, sql } from '../../sql.ts';

/**
 * Whether an open case names the person as a candidate. correlation_case_candidates finds its cases, and one of them is
 * read, of the tens of thousands that a shared mailbox may make. With a plain `exists` the planner takes them for
 * many, and reads all cases of everybody in search of the first.
 */
export function isCandidate(personId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`exists (
    with named as materialized (
      select from correlation_case k
      where k.status = 'open' and k.candidates @> jsonb_build_array(jsonb_build_object('personId', ${personId})))
    select from named)`;
}
