// Waits until all persons are refreshed, so that what a sync left to be done is not counted as the next one's.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const POLL_MS = 500;
const TIMEOUT_MS = 60 * 60_000;

/** @throws Error when somebody still waits after an hour */
export async function untilRefreshed(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
      const { rowCount } = await client.query('select from refresh_wanted limit 1');
      if (rowCount === 0) return;
    }
    throw new Error('persons were not refreshed within an hour');
  } finally {
    await client.end();
  }
}
