// Signing in, signing out, and who one is.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { bodyFailures, errorSchema, failures, id, publicFailures, single, text, time } from './schemas.ts';
import { ROLES } from './scopes.ts';

const c = initContract();

export const accountSchema = z
  .object({
    id,
    username: z.string(),
    displayName: z.string(),
    role: z.enum(ROLES),
    lastLoginAt: time.nullable(),
  })
  .meta({ title: 'Account' });

const tokenSchema = z.object({
  token: z.string(),
  tokenType: z.literal('Bearer'),
  expiresAt: time,
  account: accountSchema,
});

export const authContract = c.router({
  login: {
    method: 'POST',
    path: '/auth/login',
    summary: 'Exchange a username and password for a bearer token',
    description:
      'After three failures in a row from one address each further try has to wait, up to five minutes.',
    metadata: { public: true },
    query: z.strictObject({}),
    body: z.strictObject({ username: text(200, 1), password: text(1_000, 1) }),
    responses: { 200: single(tokenSchema), 401: errorSchema, ...publicFailures, ...bodyFailures },
  },
  logout: {
    method: 'POST',
    path: '/auth/logout',
    summary: 'Revoke the token that this request carries',
    metadata: { scope: 'account:self' },
    query: z.strictObject({}),
    body: z.strictObject({}).optional(),
    responses: { 204: c.noBody(), ...failures, ...bodyFailures },
  },
  me: {
    method: 'GET',
    path: '/auth/me',
    summary: 'The account and scopes of the token that this request carries',
    metadata: { scope: 'account:self' },
    query: z.strictObject({}),
    responses: {
      200: single(z.object({ ...accountSchema.shape, scopes: z.array(z.string()), expiresAt: time })),
      ...failures,
    },
  },
});
