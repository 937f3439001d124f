// The scopes and authorities an operation may require, and which of them each role holds.
import type { AppRoute } from '@ts-rest/core';

export const SCOPES = [
  'users:read',
  'groups:read',
  'objects:read',
  'persons:read',
  'persons:write',
  'correlation:read',
  'correlation:write',
  'identity-profiles:read',
  'identity-profiles:write',
  'connections:read',
  'connections:write',
  'sync:read',
  'sync:write',
  'sync:run',
  'clients:read',
  'clients:write',
  'account:self',
  'idn:identity:read',
  'idn:identity:manage',
] as const;

export type Scope = (typeof SCOPES)[number];

export const ROLES = ['admin', 'operator', 'auditor', 'reviewer'] as const;

export type Role = (typeof ROLES)[number];

/** What the SailPoint-shaped surface asks for beside scopes. */
export const AUTHORITIES = ['ORG_ADMIN', 'API'] as const;

export type Authority = (typeof AUTHORITIES)[number];

const READS: Scope[] = [
  'users:read',
  'groups:read',
  'objects:read',
  'persons:read',
  'correlation:read',
  'identity-profiles:read',
  'connections:read',
  'sync:read',
  'idn:identity:read',
];

/** What a role may do at most; a token never has more than its account's role. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  admin: SCOPES,
  operator: [
    ...READS,
    'persons:write',
    'correlation:write',
    'identity-profiles:write',
    'connections:write',
    'sync:write',
    'sync:run',
    'account:self',
  ],
  auditor: [...READS, 'clients:read', 'account:self'],
  reviewer: ['account:self'],
};

/** What an OAuth client may be given: all but an account of its own, and the making of clients. */
export const CLIENT_SCOPES = SCOPES.filter(
  (scope): scope is Exclude<Scope, 'account:self' | `clients:${string}`> =>
    scope !== 'account:self' && !scope.startsWith('clients:'),
);

/** The scopes that `scopes` come to: who may change identities may read them. */
export function withImplied(scopes: readonly Scope[]): Set<Scope> {
  const all = new Set(scopes);
  if (all.has('idn:identity:manage')) all.add('idn:identity:read');
  return all;
}

export const ROLE_AUTHORITIES: Readonly<Record<Role, readonly Authority[]>> = {
  admin: ['ORG_ADMIN'],
  operator: [],
  auditor: [],
  reviewer: [],
};

/** Whether an operation's body is a file, whatever is in it. */
export function isUpload(route: AppRoute): boolean {
  return (route.metadata as Partial<{ upload: boolean }> | undefined)?.upload === true;
}

/** Whether what an operation answers with, or changes, has an entity tag (api/http/entity-tag.ts). */
export function hasEntityTag(route: AppRoute): boolean {
  return (route.metadata as Partial<{ entityTag: boolean }> | undefined)?.entityTag === true;
}

/** Whether a repetition of it can be told by a key. */
export function takesIdempotencyKey(route: AppRoute): boolean {
  return (route.metadata as Partial<{ idempotencyKey: boolean }> | undefined)?.idempotencyKey === true;
}

/** Every operation's metadata: the one scope that it requires, with one of some authorities, or that it is open to all. */
export type Access = { scope: Scope; authorities?: readonly Authority[] } | { public: true };

/** Reads an operation's access out of the contract. @throws Error when the contract does not say. */
export function accessOf(route: AppRoute): Access {
  const metadata = route.metadata as
    | Partial<{ scope: Scope; authorities: readonly Authority[]; public: boolean }>
    | undefined;
  if (metadata?.public === true) return { public: true };
  if (metadata?.scope !== undefined && SCOPES.includes(metadata.scope))
    return {
      scope: metadata.scope,
      ...(metadata.authorities && { authorities: metadata.authorities }),
    };
  throw new Error(`${route.method} ${route.path} declares neither a scope nor that it is public`);
}
