// Files uploaded to a connection: written piece by piece, seen when they are whole, replaced at once.
import type pg from 'pg';
import { AppError } from '../../domain/app-error.ts';
import { type Queryable, run, runOne, sql, transaction } from '../sql.ts';
import { type ListRequest, type ListResult, listRows } from './list-rows.ts';
import { readRow } from './read-rows.ts';

/** Bytes of each piece but the last: what a reader holds in memory. */
export const CHUNK_BYTES = 512 * 1024;
/** An upload that began so long ago and is not complete was given up; a request may last 5 minutes. */
const ABANDONED = '1 hour';

export interface UploadedFileRow {
  name: string;
  size: number;
  /** In hex. */
  sha256: string;
  uploadedAt: string;
}

const columns = sql`o.name, o.size, encode(o.sha256, 'hex') as sha256, o.uploaded_at as "uploadedAt"`;

const SORTS = {
  name: { expression: sql`o.name`, type: 'text' },
  uploadedAt: { expression: sql`o.uploaded_at`, type: 'timestamptz' },
} as const;

export type UploadedFileSort = keyof typeof SORTS;

/** The files of a connection. Served by uploaded_file_current. */
export function listUploadedFiles(
  on: Queryable,
  connectionId: string,
  request: ListRequest<UploadedFileSort>,
): Promise<ListResult<UploadedFileRow>> {
  return listRows<UploadedFileRow>(on, {
    columns,
    from: sql`uploaded_file o`,
    where: [sql`o.connection_id = ${connectionId}::uuid`, sql`o.uploaded_at is not null`],
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}

/** With what no other upload has. Served by uploaded_file_current. */
export function getUploadedFile(
  on: Queryable,
  connectionId: string,
  name: string,
): Promise<(UploadedFileRow & { version: string }) | undefined> {
  return readRow(
    on,
    sql<UploadedFileRow & { version: string }>`
      select ${columns}, replace(o.id::text, '-', '') as version from uploaded_file o
      where o.connection_id = ${connectionId}::uuid and o.name = ${name} and o.uploaded_at is not null`,
  );
}

/**
 * Begins a file that nobody sees yet; answers with its id. What others began and gave up is cleared away. Served by
 * uploaded_file_unfinished.
 */
export async function beginUpload(on: Queryable, connectionId: string, name: string): Promise<string> {
  await run(
    on,
    sql`
      delete from uploaded_file
      where uploaded_at is null and begun_at < clock_timestamp() - ${ABANDONED}::interval`,
  );
  const row = await runOne<{ id: string }>(
    on,
    sql`insert into uploaded_file (connection_id, name) values (${connectionId}::uuid, ${name}) returning id`,
  );
  return row?.id as string;
}

/** @param position counts pieces from 0; each but the last has CHUNK_BYTES. */
export async function addChunk(on: Queryable, fileId: string, position: number, data: Buffer): Promise<void> {
  await run(
    on,
    sql`insert into uploaded_chunk (file_id, position, data) values (${fileId}::uuid, ${position}, ${data})`,
  );
}

/**
 * Puts a whole file in the place of the one that has its name. Of two at once, the later one stays.
 * @throws AppError `not_found` when the connection was deleted meanwhile.
 */
export async function completeUpload(
  pool: pg.Pool,
  file: { id: string; connectionId: string; name: string; size: number; sha256: Buffer },
): Promise<void> {
  await transaction(pool, async (client) => {
    const connection = await runOne(
      client,
      sql`select id from connection where id = ${file.connectionId}::uuid for no key update`,
    );
    if (!connection)
      throw new AppError('not_found', `Connection with ID '${file.connectionId}' was not found`);
    await removeUploadedFile(client, file.connectionId, file.name);
    await run(
      client,
      sql`
        update uploaded_file set size = ${file.size}, sha256 = ${file.sha256}, uploaded_at = clock_timestamp()
        where id = ${file.id}::uuid`,
    );
  });
}

/** Forgets an upload that was not completed. Served by the primary key. */
export async function discardUpload(on: Queryable, fileId: string): Promise<void> {
  await run(on, sql`delete from uploaded_file where id = ${fileId}::uuid and uploaded_at is null`);
}

/**
 * Says whether there was such a file. Served by uploaded_file_current.
 * @param version only if it is this one
 */
export async function removeUploadedFile(
  on: Queryable,
  connectionId: string,
  name: string,
  version: string | null = null,
): Promise<boolean> {
  const row = await runOne(
    on,
    sql`
      delete from uploaded_file
      where connection_id = ${connectionId}::uuid and name = ${name} and uploaded_at is not null
        and id = coalesce(${version}::uuid, id) returning id`,
  );
  return row !== undefined;
}
