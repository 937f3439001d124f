// Who a request comes from, once its token has been verified.
import type { Request } from 'express';
import type { Authority, Scope } from '../../contracts/scopes.ts';
import type { HolderKind } from '../../database/queries/access-tokens.ts';
import { AppError } from '../../domain/app-error.ts';

export interface Principal {
  tokenId: string;
  /** An account of a person, or an OAuth client. */
  kind: HolderKind;
  holderId: string;
  /** An account's username; of a client `client:` and its name. */
  username: string;
  /** What the token was given and the account's role, or the client, still allows. */
  scopes: ReadonlySet<Scope>;
  authorities: readonly Authority[];
  expiresAt: Date;
}

/** Kept outside the request's own properties, so that nothing a client sends can stand in for it. */
const principals = new WeakMap<object, Principal>();

export function setPrincipal(request: Pick<Request, 'headers'>, principal: Principal): void {
  principals.set(request, principal);
}

/** The verified caller; undefined for a request without a valid token. */
export function principalOf(request: Pick<Request, 'headers'>): Principal | undefined {
  return principals.get(request);
}

/** @throws AppError `unauthenticated`. */
export function requirePrincipal(request: Pick<Request, 'headers'>): Principal {
  const principal = principals.get(request);
  if (!principal) throw unauthenticated('This request needs a bearer token.');
  return principal;
}

/** A 401 with the challenge that RFC 6750, section 3 asks for. */
export function unauthenticated(message: string, error?: 'invalid_token'): AppError {
  const challenge = error
    ? `Bearer realm="identity-center", error="${error}", error_description="${message}"`
    : 'Bearer realm="identity-center"';
  return new AppError('unauthenticated', message, { headers: { 'WWW-Authenticate': challenge } });
}
