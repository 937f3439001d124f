// POST /oauth/token: gives a program a token for its client id and secret.
import { timingSafeEqual } from 'node:crypto';
import { initServer } from '@ts-rest/express';
import type { Request } from 'express';
import { sailPointContract } from '../../contracts/index.ts';
import { type Scope, withImplied } from '../../contracts/scopes.ts';
import { findOAuthClient, recordClientUse } from '../../database/queries/oauth-clients.ts';
import { AppError } from '../../domain/app-error.ts';
import { clientSecretHash } from '../auth/client-secrets.ts';
import { invalidRequest } from '../http/validation-errors.ts';
import type { RouteDeps } from '../routes/route-dependencies.ts';

interface Credentials {
  clientId: string;
  secret: string;
}

export function oauthRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  return initServer().router(sailPointContract.oauth, {
    token: async ({ req, res, body }) => {
      if (body.grant_type !== 'client_credentials')
        throw new AppError(
          'unsupported_grant_type',
          'The grant_type that is possible here is client_credentials.',
        );
      const client = await authenticate(deps, credentialsOf(req as unknown as Request, body));
      const scopes = scopesFor(client.scopes as Scope[], body.scope);
      const { token, expiresAt } = await deps.tokens.issue({ kind: 'client', holderId: client.id, scopes });
      await recordClientUse(pool, client.id);
      // RFC 6749, section 5.1; Cache-Control is on every answer.
      res.setHeader('Pragma', 'no-cache');
      return {
        status: 200,
        body: {
          access_token: token,
          token_type: 'Bearer',
          expires_in: Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1_000)),
          scope: scopes.join(' '),
        },
      };
    },
  });
}

/** RFC 6749, section 2.3: one way of authentication, never two. */
function credentialsOf(
  request: Request,
  body: { client_id?: string | undefined; client_secret?: string | undefined },
): Credentials {
  const basic = basicCredentials(request.headers.authorization);
  if (basic && body.client_secret !== undefined)
    throw invalidRequest([
      { path: 'body.client_secret', message: 'is in the form and in the header; send it once' },
    ]);
  if (basic && body.client_id !== undefined && body.client_id !== basic.clientId)
    throw invalidRequest([{ path: 'body.client_id', message: 'is not the one of the header' }]);
  const { client_id: clientId, client_secret: secret } = body;
  const found = basic ?? (clientId !== undefined && secret !== undefined ? { clientId, secret } : null);
  if (!found)
    throw invalidClient('client_id and client_secret are needed, in the form or as Basic authorization.');
  return found;
}

/** RFC 7617, both parts encoded as RFC 6749, section 2.3.1 says. Null where the header is no such thing. */
function basicCredentials(header: string | undefined): Credentials | null {
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return null;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) return null;
  try {
    const [clientId, secret] = [decoded.slice(0, colon), decoded.slice(colon + 1)].map(formDecoded);
    return { clientId: clientId ?? '', secret: secret ?? '' };
  } catch {
    return null;
  }
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

async function authenticate(deps: RouteDeps, { clientId, secret }: Credentials) {
  const known =
    /^[0-9a-f]{32}$/i.test(clientId) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(clientId);
  const client = known ? await findOAuthClient(deps.database.pool, clientId) : undefined;
  if (!client || !timingSafeEqual(client.secretHash, clientSecretHash(secret)))
    throw invalidClient('client_id or client_secret is wrong.');
  return client;
}

/** All of the client's, or those that were asked for. */
function scopesFor(given: readonly Scope[], asked: string | undefined): Scope[] {
  const wanted = (asked ?? '').split(' ').filter((scope) => scope !== '');
  if (wanted.length === 0) return [...given];
  const allowed: ReadonlySet<string> = withImplied(given);
  const missing = wanted.filter((scope) => !allowed.has(scope));
  if (missing.length === 0) return [...new Set(wanted)] as Scope[];
  const message = `The client does not have the scope ${missing.join(' ').slice(0, 200)}; it has ${given.join(' ')}.`;
  throw new AppError('invalid_scope', message);
}

/** RFC 6749, section 5.2: a 401 names the scheme by which clients authenticate. */
function invalidClient(message: string): AppError {
  return new AppError('unauthenticated', message, {
    headers: { 'WWW-Authenticate': 'Basic realm="identity-center"' },
  });
}
