// Signing in and out, and who the caller is.
import { createHash } from 'node:crypto';
import { initServer } from '@ts-rest/express';
import type { Request } from 'express';
import { contract } from '../../contracts/index.ts';
import { ROLE_SCOPES, type Role } from '../../contracts/scopes.ts';
import {
  findAccount,
  findAccountByUsername,
  recordLogin,
  type StoredAccount,
} from '../../database/queries/accounts.ts';
import { clearLoginFailures, reserveLogin } from '../../database/queries/login-failures.ts';
import { AppError } from '../../domain/app-error.ts';
import { requirePrincipal, unauthenticated } from '../auth/principal.ts';
import { clientAddress } from '../http/client-address.ts';
import type { RouteDeps } from './route-dependencies.ts';

export function authRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  return initServer().router(contract.auth, {
    login: async ({ req, body }) => {
      const account = await signIn(deps, req as Request, body);
      const lastLoginAt = await recordLogin(pool, account.id);
      const { token, expiresAt } = await deps.tokens.issue({
        kind: 'account',
        holderId: account.id,
        scopes: ROLE_SCOPES[account.role as Role],
      });
      const shown = accountBody({ ...account, lastLoginAt });
      return {
        status: 200,
        body: { data: { token, tokenType: 'Bearer', expiresAt: expiresAt.toISOString(), account: shown } },
      };
    },
    logout: async ({ req }) => {
      await deps.tokens.revoke(requirePrincipal(req as Request).tokenId);
      return { status: 204, body: undefined };
    },
    me: async ({ req }) => {
      const principal = requirePrincipal(req as Request);
      const account = await findAccount(pool, principal.holderId);
      if (!account) throw unauthenticated('The account of this token is gone.', 'invalid_token');
      const scopes = [...principal.scopes];
      return {
        status: 200,
        body: { data: { ...accountBody(account), scopes, expiresAt: principal.expiresAt.toISOString() } },
      };
    },
  });
}

function accountBody(account: StoredAccount) {
  return {
    id: account.id,
    username: account.username,
    displayName: account.displayName,
    role: account.role as Role,
    lastLoginAt: account.lastLoginAt?.toISOString() ?? null,
  };
}

/**
 * The account, if name and password are right and no delay is running. Failures count a name and address, so
 * that nobody can lock somebody else out; names that do not exist count the same, so that nothing tells them.
 */
async function signIn(
  deps: RouteDeps,
  request: Request,
  body: { username: string; password: string },
): Promise<StoredAccount> {
  const { pool } = deps.database;
  const key = createHash('sha256')
    .update(`${body.username.toLowerCase()}\n${clientAddress(request)}`)
    .digest();
  const seconds = Math.ceil(await reserveLogin(pool, key));
  if (seconds > 0)
    throw new AppError(
      'rate_limited',
      `Too many sign-ins failed; the next one is looked at in ${seconds} s.`,
      {
        headers: { 'Retry-After': String(seconds) },
      },
    );
  const account = await findAccountByUsername(pool, body.username);
  const matches = await deps.passwords.verify(account?.passwordHash ?? null, body.password);
  if (!account || !matches || !account.enabled) throw unauthenticated('Username or password is wrong.');
  await clearLoginFailures(pool, key);
  return account;
}
