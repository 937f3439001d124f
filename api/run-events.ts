// Server-sent events of runs: all who follow a run share one look at the database a second, in whichever process.
import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { getRunDetails, type RunDetails } from '../database/queries/list-runs.ts';
import { AppError } from '../domain/app-error.ts';

const LOOK_EVERY_MS = 1_000;
/** Proxies close what is silent for long. */
const KEEP_ALIVE_MS = 15_000;
/** Then a stream ends, and who comes back shows a token that is still good. */
const LONGEST_MS = 15 * 60_000;
/** Streams of a process at the same time. */
const MOST_STREAMS = 500;
const RETRY_MS = 2_000;
const OVER = new Set(['completed', 'failed', 'cancelled']);

export interface RunEvents {
  /**
   * The events of a run from now on; null where `lastEventId` is that of the last event of all.
   * @throws AppError `unavailable` when too many streams are open, or the process ends.
   */
  follow(run: RunDetails, lastEventId: string | undefined): Readable | null;
}

interface Listener {
  stream: PassThrough;
  lastEventId: string | undefined;
}

/** The listeners of one run, and the look at it that they share. */
interface Watch {
  listeners: Set<Listener>;
  timer: NodeJS.Timeout;
  state: RunDetails;
}

/** @param ending ends all streams, so that a process which is to end need not wait for them. */
export function createRunEvents(deps: { pool: Pool; logger: Logger; ending?: AbortSignal }): RunEvents {
  const watches = new Map<string, Watch>();
  let streams = 0;
  deps.ending?.addEventListener('abort', () => {
    for (const { listeners } of watches.values()) for (const { stream } of [...listeners]) stream.end();
  });

  async function look(id: string, watch: Watch): Promise<void> {
    try {
      const state = await getRunDetails(deps.pool, id);
      // Its history may have been cleared away meanwhile.
      if (!state) for (const { stream } of [...watch.listeners]) stream.end();
      else {
        watch.state = state;
        for (const listener of [...watch.listeners]) tell(listener, state);
      }
    } catch (error) {
      deps.logger.debug({ runId: id, message: (error as Error).message }, 'a followed run could not be read');
    }
  }

  function watchOf(run: RunDetails): Watch {
    const known = watches.get(run.id);
    if (known) return known;
    let looking = false;
    const timer = setInterval(() => {
      if (looking) return;
      looking = true;
      void look(run.id, watch).finally(() => {
        looking = false;
      });
    }, LOOK_EVERY_MS);
    const watch: Watch = { listeners: new Set(), timer, state: run };
    watches.set(run.id, watch);
    return watch;
  }

  function leave(run: RunDetails, watch: Watch, listener: Listener): void {
    if (!watch.listeners.delete(listener)) return;
    streams -= 1;
    if (watch.listeners.size > 0) return;
    clearInterval(watch.timer);
    watches.delete(run.id);
  }

  return {
    follow(run, lastEventId) {
      if (OVER.has(run.status) && lastEventId === eventId(run)) return null;
      if (streams >= MOST_STREAMS || deps.ending?.aborted)
        throw new AppError(
          'unavailable',
          'Too many streams are open at the moment; ask for the run instead.',
          {
            headers: { 'Retry-After': '5' },
          },
        );
      const listener: Listener = { stream: new PassThrough(), lastEventId };
      listener.stream.write(`retry: ${RETRY_MS}\n\n`);
      tell(listener, run);
      if (listener.stream.writableEnded) return listener.stream;
      const watch = watchOf(run);
      watch.listeners.add(listener);
      streams += 1;
      const keepAlive = setInterval(() => listener.stream.write(': still here\n\n'), KEEP_ALIVE_MS);
      const end = setTimeout(() => listener.stream.end(), LONGEST_MS);
      const over = () => {
        clearInterval(keepAlive);
        clearTimeout(end);
        leave(run, watch, listener);
      };
      listener.stream.once('finish', over).once('close', over);
      return listener.stream;
    },
  };
}

/** Writes what is new to this listener; the last event ends its stream. */
function tell(listener: Listener, run: RunDetails): void {
  const { stream } = listener;
  const id = eventId(run);
  const over = OVER.has(run.status);
  if (stream.writableEnded || (id === listener.lastEventId && !over)) return;
  // Who reads slowly misses some of the progress, and nothing else.
  if (stream.writableNeedDrain && !over) return;
  listener.lastEventId = id;
  const [name, data] = over ? ['finished', run] : ['progress', progressOf(run)];
  stream.write(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  if (over) stream.end();
}

function progressOf({ id, status, pauseReason, progress, counts }: RunDetails) {
  return { id, status, pauseReason, progress, counts };
}

/** Follows from what the event says, so that any process knows what a listener has heard from another one. */
function eventId(run: RunDetails): string {
  return createHash('sha256')
    .update(JSON.stringify(progressOf(run)))
    .digest('base64url')
    .slice(0, 16);
}
