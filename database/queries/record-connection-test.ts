// Keeps the result of a connection's test, unless the connection has other settings by now.
import { type Queryable, run, sql } from '../sql.ts';

export interface TestedConnection {
  id: string;
  /** The settings that were tested, as they are stored. */
  config: Record<string, unknown>;
  secrets: Record<string, string>;
}

/** Served by the primary key. */
export async function recordConnectionTest(
  on: Queryable,
  tested: TestedConnection,
  result: { status: 'ok' | 'failed'; message: string },
): Promise<void> {
  await run(
    on,
    sql`update connection
        set status = ${result.status}, last_tested_at = now(), last_test_message = ${result.message}, updated_at = now()
        where id = ${tested.id}::uuid and config = ${JSON.stringify(tested.config)}::jsonb
          and secrets = ${JSON.stringify(tested.secrets)}::jsonb`,
  );
}
