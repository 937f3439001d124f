// Gives every request its id and its one log line.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { principalOf } from '../auth/principal.ts';

const WELL_FORMED = /^[A-Za-z0-9._~-]{8,128}$/;
const ids = new WeakMap<object, string>();

/** The id of a request, as its answer's `X-Request-Id` has it. */
export function requestId(request: IncomingMessage): string {
  return ids.get(request) ?? 'unknown';
}

/** Takes the caller's `X-Request-Id` if it is well formed, else makes one; logs when the answer is over. */
export function requestContext(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const offered = request.headers['x-request-id'];
    const id = typeof offered === 'string' && WELL_FORMED.test(offered) ? offered : randomUUID();
    ids.set(request, id);
    response.setHeader('X-Request-Id', id);
    const started = performance.now();
    const path = pathOf(request.originalUrl);
    response.once('close', () => logRequest(logger, request, response, { id, path, started }));
    next();
  };
}

function logRequest(
  logger: Logger,
  request: Parameters<RequestHandler>[0],
  response: ServerResponse,
  context: { id: string; path: string; started: number },
): void {
  const level = response.statusCode >= 500 ? 'error' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  // The path alone: queries hold names and mail addresses that people search for.
  logger[level](
    {
      requestId: context.id,
      method: request.method,
      path: context.path,
      status: response.statusCode,
      durationMs: Math.round((performance.now() - context.started) * 10) / 10,
      account: principalOf(request)?.username,
      ...(response.writableFinished ? {} : { aborted: true }),
    },
    'request',
  );
}

/** The path of a URL, cut where it would make a log line long. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return (end < 0 ? url : url.slice(0, end)).slice(0, 500);
}
