// Finds what a person calls by name or id: connections, sync projects and identity profiles.
import { z } from 'zod';
import { MAX_PAGE_SIZE } from '../contracts/schemas.ts';
import { type ApiClient, bodyOf } from './api-client.ts';
import { CommandFailure, usageFailure } from './command-failure.ts';
import { EXIT } from './exit-codes.ts';

const KINDS = {
  connections: 'connection',
  syncProjects: 'sync project',
  identityProfiles: 'identity profile',
} as const;

/**
 * The id of what has this id, or this very name: names are unique.
 * An id is taken at its word; the request that uses it finds out.
 * @throws CommandFailure (not_found) when nothing has the name.
 */
export async function findNamed(api: ApiClient, kind: keyof typeof KINDS, idOrName: string): Promise<string> {
  if (z.guid().safeParse(idOrName).success) return idOrName;
  const id = await idOfName(api, kind, idOrName);
  if (id === null) throw nothingNamed(kind, idOrName);
  return id;
}

/** The id of what has this very name; null where there is none. */
export async function idOfName(
  api: ApiClient,
  kind: keyof typeof KINDS,
  wanted: string,
): Promise<string | null> {
  for (let page = 1; ; page += 1) {
    const query = { search: wanted, page: String(page), pageSize: String(MAX_PAGE_SIZE) };
    const { data, totalCount } = bodyOf(await api[kind].list({ query }), 200);
    const found = data.find(({ name }) => name === wanted);
    if (found) return found.id;
    if (data.length === 0 || page * MAX_PAGE_SIZE >= totalCount) return null;
  }
}

function nothingNamed(kind: keyof typeof KINDS, name: string): CommandFailure {
  return new CommandFailure(`There is no ${KINDS[kind]} with the id or name "${name}".`, {
    exitCode: EXIT.notFound,
    code: 'not_found',
  });
}

/** @throws CommandFailure (usage) for what is no id. */
export function requireId(text: string, what: string): string {
  if (z.guid().safeParse(text).success) return text;
  throw usageFailure(`"${text}" is no ${what} id: ids are UUIDs.`);
}
