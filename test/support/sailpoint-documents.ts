// The two reference documents as schemas: exactly their fields, types and enumerations, written apart from the contract.
import { z } from 'zod';

const hexId = z.string().regex(/^[0-9a-f]{32}$/);
const time = z.iso.datetime({ precision: 3 });
const map = z.record(z.string(), z.unknown());
const reference = (type: string) => z.strictObject({ type: z.literal(type), id: hexId, name: z.string() });

const localized = z.strictObject({
  locale: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/),
  localeOrigin: z.enum(['DEFAULT', 'REQUEST']).nullable(),
  text: z.string().min(1),
});

/** 400, 403 and 500. */
const errorDocument = z.strictObject({
  detailCode: z.string().regex(/^\d{3}(\.\d)? /),
  trackingId: hexId,
  messages: z.array(localized).min(1),
  causes: z.array(localized).optional(),
});

const unauthorizedDocument = z.strictObject({ error: z.string().min(1) });

const tooManyDocument = z.strictObject({ message: z.literal(' Rate Limit Exceeded ') });

export const identityDocument = z.strictObject({
  id: hexId,
  name: z.string(),
  created: time,
  modified: time,
  alias: z.string().optional(),
  emailAddress: z.string().nullable(),
  processingState: z.enum(['ERROR', 'OK']).nullable(),
  identityStatus: z.enum([
    'UNREGISTERED',
    'REGISTERED',
    'PENDING',
    'WARNING',
    'DISABLED',
    'ACTIVE',
    'DEACTIVATED',
    'TERMINATED',
    'ERROR',
    'LOCKED',
  ]),
  managerRef: reference('IDENTITY').nullable(),
  isManager: z.boolean(),
  lastRefresh: time.optional(),
  attributes: map,
  lifecycleState: z.strictObject({ stateName: z.string(), manuallyUpdated: z.boolean() }).nullable(),
});

export const identityProfileDocument = z.strictObject({
  id: hexId,
  name: z.string(),
  created: time,
  modified: time,
  description: z.string().nullable(),
  owner: reference('IDENTITY').nullable(),
  priority: z.int(),
  authoritativeSource: reference('SOURCE'),
  identityRefreshRequired: z.boolean(),
  identityCount: z.int(),
  identityAttributeConfig: z.strictObject({
    enabled: z.boolean(),
    attributeTransforms: z.array(
      z.strictObject({
        identityAttributeName: z.string(),
        transformDefinition: z.strictObject({ type: z.string(), attributes: map.nullable() }),
      }),
    ),
  }),
  identityExceptionReportReference: z
    .strictObject({ taskResultId: z.string(), reportName: z.string() })
    .nullable(),
  hasTimeBasedAttr: z.boolean(),
});

/** RFC 6749, sections 5.1 and 5.2. */
const tokenDocument = z.strictObject({
  access_token: z.string().min(1),
  token_type: z.literal('Bearer'),
  expires_in: z.int().nonnegative(),
  scope: z.string().min(1),
});
const oauthErrorDocument = z.strictObject({
  error: z.enum(['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope']),
  error_description: z.string().regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
});

const SERVED: Record<string, Record<number, z.ZodType>> = {
  '/beta/identities': { 200: z.array(identityDocument) },
  '/v3/identity-profiles': { 200: z.array(identityProfileDocument) },
  '/identity-profiles': { 200: z.array(identityProfileDocument) },
  '/oauth/token': { 200: tokenDocument, 400: oauthErrorDocument, 401: oauthErrorDocument },
};
const FAILURES: Record<number, z.ZodType> = { 401: unauthorizedDocument, 429: tooManyDocument };

/** Throws where an answer is not what the documents say. @param path without the query. */
export function checkDocument({ path, status, body }: { path: string; status: number; body: unknown }): void {
  const failure = status < 400 ? undefined : (FAILURES[status] ?? errorDocument);
  const document = SERVED[path]?.[status] ?? failure;
  if (!document) throw new Error(`${path} ${status}: the documents have no such answer`);
  const problem = document.safeParse(body).error;
  if (problem) throw new Error(`${path} ${status}: ${z.prettifyError(problem)}`);
}
