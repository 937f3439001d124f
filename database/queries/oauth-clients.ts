// Keeps OAuth clients: what they may do, and no more of their secret than a hash.
import { type Queryable, run, runOne, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from './list-rows.ts';
import { escapeLike } from './object-search.ts';
import { readRow } from './read-rows.ts';

export interface OAuthClientRow {
  id: string;
  clientId: string;
  name: string;
  authorities: string[];
  scopes: string[];
  createdBy: string;
  createdAt: string;
  lastUsedAt: string | null;
}

const columns = sql`o.id, replace(o.id::text, '-', '') as "clientId", o.name, o.authorities, o.scopes,
    o.created_by as "createdBy", o.created_at as "createdAt", o.last_used_at as "lastUsedAt"`;

const SORTS = {
  name: { expression: sql`lower(o.name)`, type: 'text' },
  createdAt: { expression: sql`o.created_at`, type: 'timestamptz' },
  lastUsedAt: { expression: sql`o.last_used_at`, type: 'timestamptz', nullable: true },
} as const satisfies Record<string, SortField>;

export type OAuthClientSort = keyof typeof SORTS;

/** A page of clients. There are tens of them: the table is read as a whole. */
export function listOAuthClients(
  on: Queryable,
  filter: { search?: string | undefined },
  request: ListRequest<OAuthClientSort>,
): Promise<ListResult<OAuthClientRow>> {
  const pattern = `%${escapeLike(filter.search ?? '')}%`;
  return listRows<OAuthClientRow>(on, {
    columns,
    from: sql`oauth_client o`,
    where: filter.search ? [sql`lower(o.name) like lower(${pattern}::text collate pg_c_utf8)`] : [],
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}

/** Served by the primary key. */
export function getOAuthClient(on: Queryable, id: string): Promise<OAuthClientRow | undefined> {
  return readRow<OAuthClientRow>(on, sql`select ${columns} from oauth_client o where o.id = ${id}::uuid`);
}

/** Answers with the id of the new client. */
export async function insertOAuthClient(
  on: Queryable,
  client: {
    name: string;
    secretHash: Buffer;
    authorities: readonly string[];
    scopes: readonly string[];
    createdBy: string;
  },
): Promise<string> {
  const row = await runOne<{ id: string }>(
    on,
    sql`insert into oauth_client (name, secret_hash, authorities, scopes, created_by)
        values (${client.name}, ${client.secretHash}, ${[...client.authorities]}::text[],
                ${[...client.scopes]}::text[], ${client.createdBy}) returning id`,
  );
  if (!row) throw new Error('insertOAuthClient: nothing was inserted');
  return row.id;
}

/** Deletes the client, and with it its tokens; says whether there was one. Served by the primary key. */
export async function deleteOAuthClient(on: Queryable, id: string): Promise<boolean> {
  const row = await runOne(on, sql`delete from oauth_client where id = ${id}::uuid returning id`);
  return row !== undefined;
}

/** What a client's credentials are checked against. Served by the primary key. */
export function findOAuthClient(
  on: Queryable,
  id: string,
): Promise<{ id: string; secretHash: Buffer; scopes: string[] } | undefined> {
  return runOne(
    on,
    sql<{ id: string; secretHash: Buffer; scopes: string[] }>`
      select id, secret_hash as "secretHash", scopes from oauth_client where id = ${id}::uuid`,
  );
}

/** Notes that the client was given a token. Served by the primary key. */
export async function recordClientUse(on: Queryable, id: string): Promise<void> {
  await run(on, sql`update oauth_client set last_used_at = now() where id = ${id}::uuid`);
}
