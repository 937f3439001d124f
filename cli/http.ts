// Sends requests: waits where the server asks for patience, and says plainly when there is no server.
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-codes.ts';

/** How long one request waits for a rate limit altogether, unless its command says otherwise. */
const MAX_WAIT_SECONDS = 120;

/** The server tests connections while we wait, so this is longer than any of its own limits. */
const ANSWER_MS = 180_000;

export interface HttpOptions {
  serverUrl: string;
  signal: AbortSignal;
  /** Tells people what is being waited for. */
  say: (message: string) => void;
  /** @default MAX_WAIT_SECONDS */
  maxWaitSeconds?: number;
}

/** Sends a request to a path of the server and answers with the response, whatever its status. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** @throws CommandFailure (unreachable), from the returned function, when no answer comes. */
export function createSend(options: HttpOptions): Send {
  const maxWait = options.maxWaitSeconds ?? MAX_WAIT_SECONDS;
  return async (path, init) => {
    for (let waited = 0; ; ) {
      const response = await attempt(options, path, init);
      if (response.status !== 429) return response;
      const seconds = retryAfterSeconds(response.headers.get('retry-after'), new Date());
      if (waited + seconds > maxWait) return response;
      await response.body?.cancel();
      options.say(`The server is asked too often; trying again in ${seconds} s.`);
      await pause(seconds * 1_000, undefined, { signal: options.signal });
      waited += seconds;
    }
  };
}

async function attempt(options: HttpOptions, path: string, init: RequestInit = {}): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    return await fetch(`${options.serverUrl}${path}`, {
      ...init,
      // A redirect would carry the password or token to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.any([options.signal, late.signal]),
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw unreachable(options.serverUrl, late.signal.aborted ? 'no answer' : reasonOf(error), error);
  } finally {
    clearTimeout(timer);
  }
}

/** The failure for a server that does not answer. */
export function unreachable(serverUrl: string, reason: string, cause: unknown): CommandFailure {
  return new CommandFailure(
    `The server ${serverUrl} cannot be reached: ${reason}. IDENTITY_CENTER_URL says which one is meant.`,
    { exitCode: EXIT.unreachable, code: 'unreachable', cause },
  );
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_SOCKET: 'connection lost',
};

/** Why a fetch failed: undici hides it in the cause. */
export function reasonOf(error: unknown): string {
  const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return REASONS[cause.code ?? ''] ?? (cause.message || cause.code || 'unknown reason');
}

/** RFC 9110, 10.2.3: seconds or a date. One second at least, and one where the header says nothing usable. */
export function retryAfterSeconds(header: string | null, now: Date): number {
  const seconds = Number(header ?? Number.NaN);
  const until = Number.isNaN(seconds) ? (Date.parse(header ?? '') - now.getTime()) / 1_000 : seconds;
  return Number.isFinite(until) ? Math.max(1, Math.ceil(until)) : 1;
}
