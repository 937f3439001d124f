// Reads an uploaded file as connectors read files: any part of it, with one piece in memory.
import type pg from 'pg';
import { AppError } from '../domain/app-error.ts';
import { CHUNK_BYTES } from './queries/uploaded-files.ts';
import { runOne, sql } from './sql.ts';

/** The parts of connectors' `SourceFile` that a file in the database has to bring. */
export interface UploadedFile {
  name: string;
  size: number;
  identity: string;
  read(buffer: Buffer, position: number): Promise<number>;
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the files of a connection by name; null where there is none. */
export type OpenUploadedFile = (connectionId: string, name: string) => Promise<UploadedFile | null>;

/** A file that is replaced or deleted while it is read fails its reader, who reads the new one from its beginning. */
export function uploadedFiles(pool: pg.Pool): OpenUploadedFile {
  return async (connectionId, name) => {
    // Served by uploaded_file_current.
    const file = await runOne<{ id: string; size: number }>(
      pool,
      sql`
        select id, size::float8 as size from uploaded_file
        where connection_id = ${connectionId}::uuid and name = ${name} and uploaded_at is not null`,
    );
    return file ? openFile(pool, { ...file, name }) : null;
  };
}

function openFile(pool: pg.Pool, file: { id: string; name: string; size: number }): UploadedFile {
  let held: { position: number; data: Buffer } | null = null;
  const pieceAt = async (position: number): Promise<Buffer> => {
    if (held?.position !== position) held = { position, data: await readChunk(pool, file, position) };
    return held.data;
  };
  return {
    name: file.name,
    size: file.size,
    // One that is replaced gets another id.
    identity: `uploaded ${file.id}`,
    async read(buffer, position) {
      if (position >= file.size) return 0;
      const piece = await pieceAt(Math.floor(position / CHUNK_BYTES));
      return piece.copy(buffer, 0, position % CHUNK_BYTES);
    },
    async assertUnchanged() {
      const row = await runOne(pool, sql`select id from uploaded_file where id = ${file.id}::uuid`);
      if (!row) throw changed(file.name);
    },
    async close() {
      held = null;
    },
  };
}

// The driver knows bytea in its text form only; in binary form it is a copy of the bytes already.
const bytesAsTheyAre = { getTypeParser: () => (value: unknown) => value } as pg.CustomTypesConfig;

/** Served by the primary key. Asked for in binary form, which is half as long. */
async function readChunk(
  pool: pg.Pool,
  file: { id: string; name: string },
  position: number,
): Promise<Buffer> {
  const query = {
    text: 'select data from uploaded_chunk where file_id = $1 and position = $2',
    values: [file.id, position],
    binary: true,
    types: bytesAsTheyAre,
  };
  const { rows } = await pool.query<{ data: Buffer }>(query);
  if (!rows[0]) throw changed(file.name);
  return rows[0].data;
}

function changed(name: string): AppError {
  return new AppError(
    'source_busy',
    `The uploaded file '${name}' was replaced or deleted while it was read; it is read again.`,
  );
}
