// Enforces the one scope that an operation's contract requires; the only place that does.
import type { AppRoute } from '@ts-rest/core';
import type { Request } from 'express';
import { type Access, accessOf } from '../../contracts/scopes.ts';
import { AppError } from '../../domain/app-error.ts';
import { principalOf, unauthenticated } from './principal.ts';

/** @throws AppError `unauthenticated` or `forbidden`, saying which scope is missing. */
export function requireScope(request: Request, access: Access): void {
  if ('public' in access) return;
  const principal = principalOf(request);
  if (!principal)
    throw request.headers.authorization === undefined
      ? unauthenticated('This request needs a bearer token; get one at POST /api/auth/login.')
      : unauthenticated('The bearer token is not valid, or no longer.', 'invalid_token');
  if (principal.scopes.has(access.scope)) return;
  throw new AppError('forbidden', `This needs the scope ${access.scope}, which the token does not have.`, {
    headers: {
      'WWW-Authenticate': `Bearer realm="identity-center", error="insufficient_scope", scope="${access.scope}"`,
    },
  });
}

/** Reads every operation's access once, so that one without any stops the start. */
export function accessTable(routes: AppRoute[]): Map<AppRoute, Access> {
  return new Map(routes.map((route) => [route, accessOf(route)]));
}
