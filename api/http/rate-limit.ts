// Limits requests a minute and an hour, counted in PostgreSQL over all API processes together.
import type { Request, RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../../domain/app-error.ts';
import type { Settings } from '../../domain/settings.ts';
import { principalOf } from '../auth/principal.ts';
import { clientAddress } from './client-address.ts';
import { pathOf } from './request-context.ts';

interface Window {
  name: 'minute' | 'hour';
  seconds: number;
  quota: number;
  limiter: RateLimiterPostgres;
}

interface Usage {
  window: Window;
  remaining: number;
  resetSeconds: number;
}

type LimitSettings = Pick<
  Settings,
  'IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE' | 'IDENTITY_CENTER_RATE_LIMIT_PER_HOUR'
>;

const EXEMPT = /^\/api\/(health|docs(\/.*)?)$/;

/**
 * Counts a request under its verified account or client, else under its address. The account, not the token: a second
 * sign-in is no second allowance. A setting of 0 turns a window off.
 */
export function rateLimit(pool: Pool, settings: LimitSettings): RequestHandler {
  const windows = [
    makeWindow(pool, 'minute', 60, settings.IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE),
    makeWindow(pool, 'hour', 3_600, settings.IDENTITY_CENTER_RATE_LIMIT_PER_HOUR),
  ].filter((window) => window.quota > 0);
  if (windows.length === 0) return (_request, _response, next) => next();
  const policy = windows.map(({ name, quota, seconds }) => `"${name}";q=${quota};w=${seconds}`).join(', ');
  return (request, response, next) => {
    if (EXEMPT.test(pathOf(request.originalUrl))) {
      next();
      return;
    }
    response.setHeader('RateLimit-Policy', policy);
    count(windows, keyOf(request), response).then(() => next(), next);
  };
}

function makeWindow(pool: Pool, name: Window['name'], seconds: number, quota: number): Window {
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limit',
    tableCreated: true,
    keyPrefix: name,
    points: quota,
    duration: seconds,
    // Once over the limit, a process turns the caller away without asking the database again.
    inMemoryBlockOnConsumed: quota + 1,
    clearExpiredByTimeout: true,
  });
  return { name, seconds, quota, limiter };
}

function keyOf(request: Request): string {
  const principal = principalOf(request);
  return principal ? `${principal.kind}:${principal.holderId}` : `address:${clientAddress(request)}`;
}

/** The shorter window first: what it turns away is not counted in the longer one. */
async function count(windows: Window[], key: string, response: Response): Promise<void> {
  const usages: Usage[] = [];
  for (const window of windows) {
    try {
      usages.push(usageOf(window, await window.limiter.consume(key)));
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      usages.push(usageOf(window, rejection));
      setRemaining(response, usages);
      throw tooMany(usageOf(window, rejection));
    }
  }
  setRemaining(response, usages);
}

function usageOf(window: Window, result: RateLimiterRes): Usage {
  return {
    window,
    remaining: Math.max(0, result.remainingPoints),
    resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1_000)),
  };
}

/** draft-ietf-httpapi-ratelimit-headers: the names are those of `RateLimit-Policy`. */
function setRemaining(response: Response, usages: Usage[]): void {
  response.setHeader(
    'RateLimit',
    usages
      .map(({ window, remaining, resetSeconds }) => `"${window.name}";r=${remaining};t=${resetSeconds}`)
      .join(', '),
  );
}

function tooMany({ window, resetSeconds }: Usage): AppError {
  return new AppError(
    'rate_limited',
    `More than ${window.quota} requests in this ${window.name}; try again in ${resetSeconds} s.`,
    { headers: { 'Retry-After': String(resetSeconds) } },
  );
}
