// Enforces the one scope that an operation's contract requires, and its authorities; the only place that does.
import type { AppRoute } from '@ts-rest/core';
import type { Request } from 'express';
import { type Access, accessOf, type Scope } from '../../contracts/scopes.ts';
import { AppError } from '../../domain/app-error.ts';
import { principalOf, unauthenticated } from './principal.ts';

/** @throws AppError `unauthenticated` or `forbidden`, saying which scope or authority is missing. */
export function requireScope(request: Request, access: Access): void {
  if ('public' in access) return;
  const principal = principalOf(request);
  if (!principal)
    throw request.headers.authorization === undefined
      ? unauthenticated(
          'This request needs a bearer token; get one at POST /api/auth/login or POST /oauth/token.',
        )
      : unauthenticated('The bearer token is not valid, or no longer.', 'invalid_token');
  if (!principal.scopes.has(access.scope)) throw insufficientScope(access.scope);
  const { authorities } = access;
  if (!authorities || authorities.some((authority) => principal.authorities.includes(authority))) return;
  throw new AppError(
    'forbidden',
    `This needs the authority ${authorities.join(' or ')}, which the token does not have.`,
  );
}

function insufficientScope(scope: Scope): AppError {
  return new AppError('forbidden', `This needs the scope ${scope}, which the token does not have.`, {
    headers: {
      'WWW-Authenticate': `Bearer realm="identity-center", error="insufficient_scope", scope="${scope}"`,
    },
  });
}

/** Reads every operation's access once, so that one without any stops the start. */
export function accessTable(routes: AppRoute[]): Map<AppRoute, Access> {
  return new Map(routes.map((route) => [route, accessOf(route)]));
}
