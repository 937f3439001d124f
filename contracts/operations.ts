// The operation that every resource has: reading one of it by its id.
import { z } from 'zod';
import { idParams, notFound, single } from './schemas.ts';
import type { Scope } from './scopes.ts';

/** GET of one `resource`, with its entity tag; the path ends in `:id`. 404 where there is none. */
export function readOne<const Path extends string, Resource extends z.ZodType>(
  { path, scope, summary }: { path: Path; scope: Scope; summary: string },
  resource: Resource,
) {
  return {
    method: 'GET' as const,
    path,
    summary,
    metadata: { scope, entityTag: true },
    pathParams: idParams,
    query: z.strictObject({}),
    responses: { 200: single(resource), ...notFound },
  };
}
