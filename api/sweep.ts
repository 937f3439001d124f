// What a process does again and again beside its requests: sweeps, and parts of them that are due less often.
import type { Logger } from 'pino';

export interface Sweep {
  /** One sweep, or the one that is going; never throws. */
  sweep(): Promise<void>;
  /** Resolves when the sweep that is going has ended. */
  stop(): Promise<void>;
}

/**
 * Sweeps at once and then every `everyMs` milliseconds, one sweep at a time.
 * @param prepare answers with what a sweep does, which never throws; the signal says that it is to end.
 */
export function startSweep(everyMs: number, prepare: (stop: AbortSignal) => () => Promise<void>): Sweep {
  const stopping = new AbortController();
  const once = prepare(stopping.signal);
  let going: Promise<void> | null = null;
  const sweep = () => {
    going ??= once().finally(() => {
      going = null;
    });
    return going;
  };
  const timer = setInterval(sweep, everyMs);
  timer.unref();
  void sweep();
  return {
    sweep,
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await going;
    },
  };
}

/** Answers with what tries a piece of work, logs its failure as a warning, and tells whether it went well. */
export function attempting(logger: Logger): (what: string, work: () => Promise<void>) => Promise<boolean> {
  return (what, work) =>
    work().then(
      () => true,
      ({ message }: Error) => {
        logger.warn({ message }, `${what} failed; it is repeated`);
        return false;
      },
    );
}

/** Does the work at once, and then again when it failed or `everyMs` milliseconds have passed. */
export function everySoOften(everyMs: number, work: () => Promise<boolean>): () => Promise<void> {
  let doneAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - doneAt < everyMs) return;
    if (await work()) doneAt = performance.now();
  };
}
