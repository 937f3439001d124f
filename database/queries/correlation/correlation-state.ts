// Whether all accounts are to be evaluated anew; a request that comes while a correlation goes on is not lost.
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** Which connections are authorities, and before which others, or the like has changed. Waits for nobody. */
export async function askForEverything(on: Queryable): Promise<void> {
  await run(on, sql`update correlation_state set asked = asked + 1`);
}

/** The number of the latest request that is still to be done; to be read before whatever it may be about. */
export async function openRequest(on: Queryable): Promise<string | null> {
  const row = await runOne<{ asked: string }>(
    on,
    sql`select asked::text from correlation_state where asked > answered`,
  );
  return row?.asked ?? null;
}

/** Last of all, since whoever asks meanwhile would wait. */
export async function answerRequest(on: Queryable, request: string): Promise<void> {
  await run(on, sql`update correlation_state set answered = ${request}::bigint`);
}
