// Names the latest refresh of a profile that had failures, where nobody asked for it.
import { type Queryable, run, sql } from '../../sql.ts';

/**
 * Of the profiles of those of these persons who failed. Served by person's key; there are tens of profiles. The report
 * has an id of its own, since such a refresh is in no list.
 */
export async function reportFailures(on: Queryable, personIds: readonly string[]): Promise<void> {
  await run(
    on,
    sql`
      update identity_profile o set exception_report = jsonb_build_object(
        'taskResultId', replace(uuidv7()::text, '-', ''), 'reportName', 'Identity exceptions of ' || o.name)
      where o.id in (select identity_profile_id from person
                     where id = any(${personIds}::uuid[]) and processing_state = 'ERROR')`,
  );
}
