// Takes a request's body into the database as an uploaded file, a piece at a time.
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type pg from 'pg';
import {
  addChunk,
  beginUpload,
  CHUNK_BYTES,
  completeUpload,
  discardUpload,
} from '../database/queries/uploaded-files.ts';
import { AppError } from '../domain/app-error.ts';

export interface Upload {
  connectionId: string;
  name: string;
  /** In bytes. */
  limit: number;
}

const TYPES = /^(text\/[\w.+-]+|application\/(octet-stream|csv|vnd\.ms-excel))$/;

/**
 * Stores the body; in memory is a piece of it. What does not arrive as a whole is discarded.
 * @throws AppError `unsupported_media_type`, `payload_too_large`; `invalid_request` when it breaks off or is empty.
 */
export async function storeUpload(pool: pg.Pool, request: Request, upload: Upload): Promise<void> {
  assertFile(request);
  if (Number(request.headers['content-length'] ?? 0) > upload.limit) throw tooLarge(upload.limit);
  const id = await beginUpload(pool, upload.connectionId, upload.name);
  try {
    const { size, sha256 } = await storeBody(pool, request, id, upload.limit);
    if (size === 0) throw refused('is empty; send the file as it is, for example with curl -T people.csv');
    await completeUpload(pool, { id, connectionId: upload.connectionId, name: upload.name, size, sha256 });
  } catch (error) {
    // If the database is away just now, the file is cleared away with the next upload.
    await discardUpload(pool, id).catch(() => {});
    throw error;
  }
}

function assertFile(request: Request): void {
  const type = (request.headers['content-type'] ?? 'text/csv').split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (TYPES.test(type) && encoding === 'identity') return;
  throw new AppError(
    'unsupported_media_type',
    'A file is uploaded as it is: Content-Type: text/csv, no multipart form, not compressed.',
  );
}

async function storeBody(
  pool: pg.Pool,
  request: Request,
  id: string,
  limit: number,
): Promise<{ size: number; sha256: Buffer }> {
  const digest = createHash('sha256');
  let size = 0;
  let position = 0;
  for await (const piece of pieces(request, limit)) {
    digest.update(piece);
    size += piece.length;
    await addChunk(pool, id, position, piece);
    position += 1;
  }
  return { size, sha256: digest.digest() };
}

/** The body in pieces of CHUNK_BYTES, the last one shorter. The buffer is filled again for each. */
async function* pieces(request: Request, limit: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  let size = 0;
  for await (const given of body(request)) {
    size += given.length;
    if (size > limit) throw tooLarge(limit);
    for (let at = 0; at < given.length; ) {
      const taken = given.copy(buffer, filled, at);
      at += taken;
      filled += taken;
      if (filled < CHUNK_BYTES) continue;
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

async function* body(request: Request): AsyncGenerator<Buffer> {
  try {
    // Left open where it is refused in the middle, so that there is somebody to answer to.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw refused('ended early: nothing of it was kept', cause);
  }
}

function tooLarge(limit: number): AppError {
  return new AppError('payload_too_large', `An uploaded file has at most ${limit / (1 << 20)} MiB.`);
}

function refused(message: string, cause?: unknown): AppError {
  const options = { details: [{ path: 'body', message }], cause };
  return new AppError('invalid_request', `The body ${message}.`, options);
}
