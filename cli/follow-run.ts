// Follows a run until it is over or waits for somebody, with its progress shown.
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import type { runDetailsSchema } from '../contracts/sync-history.ts';
import { type ApiClient, bodyOf } from './api-client.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-codes.ts';
import { createProgress } from './progress.ts';

export type RunDetails = z.infer<typeof runDetailsSchema>;

/** What is shown of a run while it goes. */
export type RunState = Pick<RunDetails, 'status'> & { progress: { step: string | null; percent: number } };

/** The states of a run from now on, the last being the one it rests in. */
export type RunStates = AsyncIterable<RunState>;

const AT_REST: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'paused']);

/** Whether a run with this status is over, or waits for a person. */
export function isAtRest(status: string): boolean {
  return AT_REST.has(status);
}

/** How long the server may be away while a run is followed: a restart takes seconds. */
const OUTAGE_MS = 60_000;

/** Shows the states as they come, to the last one. */
export async function showProgress(
  states: RunStates,
  output: NodeJS.WriteStream,
  title = 'Sync',
): Promise<void> {
  const progress = createProgress(title, output);
  try {
    let heard = false;
    for await (const run of states) {
      heard = true;
      progress.show(run.progress.percent, (run.status === 'running' && run.progress.step) || run.status);
    }
    if (!heard)
      throw new CommandFailure('The run was never heard of.', { exitCode: EXIT.failure, code: 'broken_off' });
  } finally {
    progress.end();
  }
}

/**
 * Asks for the run again and again.
 * @throws CommandFailure when the server is away for longer than a restart takes.
 */
export async function* pollRun(api: ApiClient, runId: string, signal: AbortSignal): RunStates {
  let answeredAt = Date.now();
  for (let asked = 0; ; asked += 1) {
    try {
      const run = bodyOf(await api.syncHistory.get({ params: { id: runId }, query: {} }), 200).data;
      answeredAt = Date.now();
      yield run;
      if (isAtRest(run.status)) return;
    } catch (error) {
      if (!isOutage(error) || Date.now() - answeredAt > OUTAGE_MS) throw error;
    }
    await pause(pollMs(asked), undefined, { signal });
  }
}

function isOutage(error: unknown): boolean {
  if (!(error instanceof CommandFailure)) return false;
  return error.code === 'unreachable' || [502, 503, 504].includes(error.statusCode ?? 0);
}

/** Often at first, since most runs are short; then seldom enough for 60 requests a minute and 1,000 an hour. */
export function pollMs(asked: number): number {
  if (asked < 20) return 200;
  return asked < 50 ? 2_000 : 5_000;
}
