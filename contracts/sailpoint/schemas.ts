// The pieces that requests and responses of the SailPoint-shaped surface are made of, as the reference documents have them.
import { z } from 'zod';
import { DEFAULT_KEY, wholeNumber } from '../schemas.ts';

/** Paths whose answers have this surface's form, whatever is wrong with the request. */
const SURFACE = /^\/(beta|v3|identity-profiles|oauth)(\/|$)/i;

export function isSailPointPath(path: string): boolean {
  return SURFACE.test(path);
}

export const MAX_LIMIT = 250;

/** A UUID without its hyphens. */
export const hexId = z.string().regex(/^[0-9a-f]{32}$/);

/** Another resource, by its type, id and name. */
export function referenceTo<const Type extends string>(type: Type) {
  return z.object({ type: z.literal(type), id: hexId, name: z.string() });
}

const localized = z.object({
  locale: z.string().meta({ description: 'BCP 47.' }),
  localeOrigin: z.enum(['DEFAULT', 'REQUEST']).nullable(),
  text: z.string(),
});

export const sailPointErrorSchema = z
  .object({
    detailCode: z.string(),
    trackingId: z.string().meta({ description: 'Made of `X-Request-Id`.' }),
    messages: z.array(localized).meta({ description: 'The reason, in general.' }),
    causes: z.array(localized).optional().meta({ description: 'What was wrong, and where.' }),
  })
  .meta({ title: 'SailPointError' });

const unauthorizedSchema = z.object({ error: z.string() }).meta({ title: 'SailPointUnauthorized' });

export const tooManyRequestsSchema = z
  .object({ message: z.string() })
  .meta({ title: 'SailPointTooManyRequests' });

/** What any operation of this surface may answer with beside its own statuses. */
export const sailPointFailures = {
  400: sailPointErrorSchema,
  401: unauthorizedSchema,
  403: sailPointErrorSchema,
  406: sailPointErrorSchema,
  429: tooManyRequestsSchema,
  500: sailPointErrorSchema,
  503: sailPointErrorSchema,
} as const;

/** The parameters of every collection, and those that it has beside them. Any other parameter is refused. */
export function collectionQuery<More extends z.core.$ZodLooseShape>(more: More) {
  return z.strictObject({
    ...more,
    filters: z.string().optional(),
    sorters: z.string().optional(),
    limit: wholeNumber(0, MAX_LIMIT, 'Most results of an answer.', MAX_LIMIT),
    offset: wholeNumber(0, 999_999_999, 'Results that are skipped.', 0),
    count: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .optional()
      .meta({
        type: 'boolean',
        description: 'Whether `X-Total-Count` says how many results there are without limit and offset.',
        [DEFAULT_KEY]: false,
      }),
  });
}
