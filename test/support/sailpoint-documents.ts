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
export const errorDocument = z.strictObject({
  detailCode: z.string().regex(/^\d{3}(\.\d)? /),
  trackingId: hexId,
  messages: z.array(localized).min(1),
  causes: z.array(localized).optional(),
});

export const unauthorizedDocument = z.strictObject({ error: z.string().min(1) });

export const tooManyDocument = z.strictObject({ message: z.literal(' Rate Limit Exceeded ') });

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
