// Writes the contract as an OpenAPI 3.0 document.
import type { AppRoute } from '@ts-rest/core';
import { initContract } from '@ts-rest/core';
import { generateOpenApi } from '@ts-rest/open-api';
import { z } from 'zod';
import { contract, sailPointContract } from './index.ts';
import { isSailPointPath } from './sailpoint/schemas.ts';
import { DEFAULT_KEY } from './schemas.ts';
import { accessOf, hasEntityTag, isUpload, takesIdempotencyKey } from './scopes.ts';

type OpenApiDocument = ReturnType<typeof generateOpenApi>;
type Operation = NonNullable<
  Parameters<NonNullable<NonNullable<Parameters<typeof generateOpenApi>[2]>['operationMapper']>>[0]
>;
type JsonSchema = Record<string, unknown>;

const STATUS_DESCRIPTIONS: Record<string, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'Done; there is no body',
  400: 'The request is not valid; `details` name what is wrong',
  401: 'There is no valid bearer token',
  403: 'The token does not have the scope that is needed',
  404: 'There is no such thing',
  409: 'The present state does not allow it',
  412: 'It was changed since it was read',
  413: 'The body is larger than 1 MiB, or an uploaded file than its limit',
  415: 'The body is not JSON, or not a plain file where one is uploaded',
  429: 'Too many requests; `Retry-After` says when to try again',
  500: 'Something went wrong here',
  502: 'The source failed',
  503: 'A part that is needed is away at the moment',
  504: 'The source did not answer in time',
};

/** Of the SailPoint-shaped surface, where they differ. */
const SAILPOINT_DESCRIPTIONS: Record<string, string> = {
  400: 'The request is not valid; the body says what is wrong with it',
  401: 'No token, client id or secret that is valid was sent',
  403: 'The token does not have the scope or authority that is needed',
  406: '`Accept` leaves application/json out',
};

const string = { type: 'string' };

const FILE = { schema: { type: 'string', format: 'binary' } };
const FILE_CONTENT = { 'text/csv': FILE, 'application/octet-stream': FILE };

const HEADERS: Record<string, JsonSchema> = {
  'X-Request-Id': { description: "The request's id, in every log line about it.", schema: string },
  RateLimit: { description: 'What is left, as in draft-ietf-httpapi-ratelimit-headers.', schema: string },
  'RateLimit-Policy': {
    description: 'The limits, as in draft-ietf-httpapi-ratelimit-headers.',
    schema: string,
  },
  Link: {
    description: '`<…>; rel="next"`: the next page, relative to the server. Absent on the last.',
    schema: string,
  },
  Location: { description: 'Where what was made can be read.', schema: string },
  ETag: { description: 'Of the version that was read; for `If-Match`.', schema: string },
  'X-Total-Count': {
    description: 'How many results there are without limit and offset, where `count` is true.',
    schema: { type: 'integer' },
  },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
  'WWW-Authenticate': { description: 'RFC 6750.', schema: string },
};

/** The document as /api/openapi.json serves it. */
export function createOpenApiDocument(version: string): OpenApiDocument {
  return generateOpenApi(
    initContract().router({ ...contract, sailpoint: sailPointContract }),
    {
      info: {
        title: 'IdentityCenter',
        version,
        description:
          'Users, groups and other objects of the connected directories, and the synchronization that brings them in.',
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
        headers: HEADERS,
        responses: failureResponses(),
      },
    },
    {
      setOperationId: 'concatenated-path',
      schemaTransformer: toJsonSchema,
      operationMapper: describeOperation,
    },
  );
}

function toJsonSchema({ schema, type }: { schema: unknown; type: string }) {
  if (!(schema instanceof z.core.$ZodType)) return null;
  const { $schema, ...json } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: type === 'response' ? 'output' : 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => tidy(jsonSchema as JsonSchema),
  });
  return json as object;
}

/**
 * A parameter that is text in the URL and a number or boolean in meaning is shown as what it means; limits that
 * say nothing, and patterns that repeat a format, are left out.
 */
function tidy(schema: JsonSchema): void {
  if (schema.type === 'integer' || schema.type === 'boolean') {
    delete schema.pattern;
    delete schema.enum;
  }
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minLength === 0) delete schema.minLength;
  if (schema.format === 'uuid' || schema.format === 'date-time') delete schema.pattern;
  if (schema.type === 'string' && schema.anyOf) delete schema.anyOf;
  // A schema that may be null is written out: in OpenAPI 3.0 a reference cannot say so of what it points to.
  if (schema.nullable) delete schema.title;
  // In OpenAPI 3.0 an enum that may be null lists it (3.0.3, proposal 2019-10-31).
  if (schema.nullable && Array.isArray(schema.enum) && !schema.enum.includes(null)) schema.enum.push(null);
  // Zod drops the default of what it transforms.
  if (DEFAULT_KEY in schema) {
    schema.default = schema[DEFAULT_KEY];
    delete schema[DEFAULT_KEY];
  }
}

function describeOperation(operation: Operation, route: AppRoute): Operation {
  const access = accessOf(route);
  const secured = 'scope' in access;
  const description = [route.description, secured ? `Scope: \`${access.scope}\`.` : 'Open to all.'];
  return {
    ...operation,
    description: description.filter(Boolean).join('\n\n'),
    // One group each: what has two is shown twice.
    tags: operation.tags?.slice(0, 1),
    parameters: [...(operation.parameters ?? []), ...headerParameters(route)],
    security: secured ? [{ bearer: [] }] : [],
    ...(operation.requestBody && { requestBody: { ...operation.requestBody, required: needsBody(route) } }),
    ...(isForm(route) && { requestBody: formBody(operation.requestBody as JsonSchema) }),
    ...(isUpload(route) && { requestBody: { required: true, content: FILE_CONTENT } }),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, response]) => [
        status,
        describeResponse(status, response as JsonSchema, route),
      ]),
    ),
  } as Operation;
}

function headerParameters(route: AppRoute): JsonSchema[] {
  const header = (name: string, description: string) => ({ name, in: 'header', description, schema: string });
  const parameters = [];
  if (hasEntityTag(route) && ['PUT', 'PATCH', 'DELETE'].includes(route.method))
    parameters.push(
      header('If-Match', 'The `ETag` of what is to be changed; 412 where it has another by now.'),
    );
  if (takesIdempotencyKey(route))
    parameters.push(
      header('Idempotency-Key', 'Up to 200 characters; a repetition with the same key does nothing.'),
    );
  return parameters;
}

function isForm(route: AppRoute): boolean {
  return 'contentType' in route && route.contentType === 'application/x-www-form-urlencoded';
}

/** A form may be sent as multipart/form-data too. */
function formBody(body: JsonSchema): JsonSchema {
  const [schema] = Object.values(body.content as JsonSchema);
  return {
    required: true,
    content: { 'application/x-www-form-urlencoded': schema, 'multipart/form-data': schema },
  };
}

/** Whether an empty body is refused. */
function needsBody(route: AppRoute): boolean {
  return 'body' in route && route.body instanceof z.ZodType && !route.body.safeParse(undefined).success;
}

function describeResponse(status: string, response: JsonSchema, route: AppRoute): JsonSchema {
  if (isFailure(response)) return { $ref: `#/components/responses/${status}` };
  const names = ['X-Request-Id'];
  if (route.path !== '/api/health') names.push('RateLimit', 'RateLimit-Policy');
  if (status === '201' || (status === '202' && /\/(run|refresh)$/.test(route.path))) names.push('Location');
  if (hasEntityTag(route) && (status === '200' || status === '201')) names.push('ETag');
  if (isSailPointPath(route.path)) {
    if (status === '401' || status === '403') names.push('WWW-Authenticate');
    if (status === '429' || status === '503') names.push('Retry-After');
    if (status === '200' && isCollection(route)) names.push('X-Total-Count');
  }
  const content = response.content as JsonSchema | undefined;
  const list = status === '200' && isList(route);
  if (list) names.push('Link');
  return {
    ...response,
    description: descriptionOf(status, route),
    headers: headersOf(names),
    ...(list && { content: { ...content, 'text/csv': { schema: string } } }),
  };
}

/** Answers that have the shape of an error are the same everywhere, so that they stand in one place. */
function isFailure(response: JsonSchema): boolean {
  return JSON.stringify(response.content ?? null).includes('"#/components/schemas/Error"');
}

function failureResponses(): JsonSchema {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  const failures = Object.entries(STATUS_DESCRIPTIONS).filter(([status]) => Number(status) >= 400);
  return Object.fromEntries(
    failures.map(([status, description]) => {
      const names = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
      if (status === '429' || status === '503') names.push('Retry-After');
      if (status === '401' || status === '403') names.push('WWW-Authenticate');
      return [status, { description, headers: headersOf(names), content }];
    }),
  );
}

function headersOf(names: string[]): JsonSchema {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function descriptionOf(status: string, route: AppRoute): string {
  const own = isSailPointPath(route.path) ? SAILPOINT_DESCRIPTIONS[status] : undefined;
  return own ?? STATUS_DESCRIPTIONS[status] ?? status;
}

/** Collections of the SailPoint-shaped surface are the operations that take a count. */
function isCollection(route: AppRoute): boolean {
  return route.query instanceof z.ZodObject && 'count' in route.query.shape;
}

/** Lists are the operations that take a page. */
function isList(route: AppRoute): boolean {
  return route.query instanceof z.ZodObject && 'page' in route.query.shape;
}
