// The pieces that requests and responses of every resource are made of.
import { z } from 'zod';

/** Any UUID on the way in; ours are version 7. */
export const id = z.guid('must be a UUID');

/** RFC 3339 in UTC with milliseconds. */
export const time = z
  .string()
  .regex(/^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: 'date-time' });

/** Text that PostgreSQL can hold: it has no place for U+0000. */
export function text(maximum: number, minimum = 0) {
  return (
    z
      .string()
      .min(minimum)
      .max(maximum)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the control character is what is refused.
      .regex(/^[^\u0000]*$/, 'must not contain the character U+0000')
  );
}

/** A name that a person gives: one line, not empty. */
export const name = text(200, 1).regex(/^\S(.*\S)?$/u, 'must be one line, without space at its ends');

export const errorSchema = z
  .object({
    error: z.string().meta({ description: "The status's reason phrase." }),
    message: z.string(),
    statusCode: z.number().int(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ title: 'Error' });

/** What any operation may answer with beside its own statuses. */
export const failures = {
  400: errorSchema,
  401: errorSchema,
  403: errorSchema,
  429: errorSchema,
  500: errorSchema,
  503: errorSchema,
} as const;

/** As `failures`, for operations that are open to all. */
export const publicFailures = {
  400: errorSchema,
  429: errorSchema,
  500: errorSchema,
  503: errorSchema,
} as const;

export const notFound = { 404: errorSchema } as const;
export const conflict = { 409: errorSchema } as const;
/** Operations that take an `If-Match`. */
export const stale = { 412: errorSchema } as const;
/** Operations that take a body. */
export const bodyFailures = { 413: errorSchema, 415: errorSchema } as const;
/** Operations that talk to a source while the caller waits. */
export const sourceFailures = { 502: errorSchema, 504: errorSchema } as const;

export const idParams = z.object({ id });

/** Carries a default past Zod's own, which it drops for what it transforms. */
export const DEFAULT_KEY = 'x-default';

/** A whole number in a query string, shown as an integer in OpenAPI. */
export function wholeNumber(minimum: number, maximum: number, description: string, byDefault?: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, {
      message: `must be a whole number from ${minimum} to ${maximum}`,
    })
    .optional()
    .meta({
      type: 'integer',
      minimum,
      maximum,
      description,
      ...(byDefault !== undefined && { [DEFAULT_KEY]: byDefault }),
    });
}

/** `true` or `false` in a query string. */
export function flag(description: string) {
  return z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ type: 'boolean', description });
}

/** A date (its first instant, UTC) or a time with a zone, in a query string. */
export function instant(description: string) {
  return z
    .union(
      [z.iso.date(), z.iso.datetime({ offset: true })],
      'must be a date (2026-01-31) or a time (2026-01-31T08:00:00Z)',
    )
    .transform((value) => new Date(value))
    .refine((value) => !Number.isNaN(value.getTime()), 'must be a date that the calendar has')
    .optional()
    .meta({ type: 'string', description });
}

/** A search term; empty means none. */
export const search = text(200).optional();

export const MAX_PAGE_SIZE = 200;
export const DEFAULT_PAGE_SIZE = 50;

/** What a cursor may take of the 16 KiB that Node gives a request's line and headers; no longer one is given out. */
export const MAX_CURSOR_LENGTH = 12_000;

/** The parameters of every list: its filters, its page, its order and its format. Any other parameter is refused. */
export function listQuery<const Sort extends string, Filters extends z.core.$ZodLooseShape>(
  sorts: readonly Sort[],
  filters: Filters,
) {
  const orders = sorts.flatMap((sort) => [sort, `-${sort}`] as const);
  return z.strictObject({
    ...filters,
    page: wholeNumber(1, 999_999_999, 'Page number, from 1.', 1),
    pageSize: wholeNumber(1, MAX_PAGE_SIZE, 'Rows a page.', DEFAULT_PAGE_SIZE),
    cursor: text(MAX_CURSOR_LENGTH, 1).optional().meta({
      description:
        'Where the next page starts: taken from the `Link` header, with the same filters and order.',
    }),
    sort: z
      .enum(orders as [Sort | `-${Sort}`, ...(Sort | `-${Sort}`)[]])
      .optional()
      .meta({
        description: 'Field to sort by, with `-` in front for descending order; ties are broken by id.',
      }),
    format: z.enum(['json', 'csv']).optional().meta({
      description:
        '`csv` streams all matching rows as RFC 4180, whatever `page` and `pageSize` say; `Accept: text/csv` does the same.',
    }),
  });
}

/** The list envelope around rows of `row`. */
export function list<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    totalCount: z.number().int(),
    page: z.number().int(),
    pageSize: z.number().int(),
  });
}

/** The envelope around one resource. */
export function single<Resource extends z.ZodType>(resource: Resource) {
  return z.object({ data: resource });
}
