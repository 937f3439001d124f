// Follows a run by its server-sent events, and by asking again and again where those cannot be had.
import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';
import { RUN_STATUSES } from '../contracts/sync-history.ts';
import type { ApiClient } from './api-client.ts';
import { isAtRest, pollMs, pollRun, type RunStates } from './follow-run.ts';
import type { Session } from './session.ts';

/** What a stream needs of a session. */
export type StreamSession = Pick<Session, 'send' | 'authorization'> & {
  terminal: Pick<Session['terminal'], 'signal'>;
};

const stateSchema = z.object({
  status: z.enum(RUN_STATUSES),
  progress: z.object({ step: z.string().nullable(), percent: z.number() }),
});

/**
 * The states of a run. A stream that breaks off, or a server that has none, is no failure: polling takes its place,
 * which waits out what can be waited out and tells what cannot.
 */
export async function* followStates(session: StreamSession, api: ApiClient, runId: string): RunStates {
  const { signal } = session.terminal;
  let streams = true;
  for (let asked = 0; streams; asked += 1) {
    streams = false;
    // Something on the way may cut each stream after its first word: then this is polling, and no more often.
    if (asked > 0) await pause(pollMs(asked), undefined, { signal });
    for await (const state of streamStates(session, runId)) {
      yield state;
      if (isAtRest(state.status)) return;
      // It was heard of, so the next stream may tell more of it.
      streams = true;
    }
  }
  yield* pollRun(api, runId, signal);
}

/** Ends without a word where there is no stream, or where it breaks. */
async function* streamStates(session: StreamSession, runId: string): RunStates {
  const { signal } = session.terminal;
  try {
    const headers = { ...session.authorization(), accept: 'text/event-stream' };
    const response = await session.send(`/api/sync/history/${runId}/events`, { headers });
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 200 || !response.body || !type.startsWith('text/event-stream')) {
      await response.body?.cancel();
      return;
    }
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) yield stateSchema.parse(JSON.parse(data));
  } catch {
    signal.throwIfAborted();
  }
}
