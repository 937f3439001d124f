// How many persons there are, as triggers on their table keep it (Migration20261128143500_person_count).
import { type RawBuilder, sql } from '../../sql.ts';

/**
 * A scalar sub-select: all who are not dissolved, or those of them who are correlated or not. The table has one row; the
 * number is that of the persons which the same statement sees.
 */
export function personCount(correlated?: boolean): RawBuilder<unknown> {
  if (correlated === undefined) return sql`(select correlated + uncorrelated from person_count)`;
  return sql`(select ${sql.ref(correlated ? 'correlated' : 'uncorrelated')} from person_count)`;
}
