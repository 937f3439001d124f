// Reads a request's JSON body, once it is known who sends it and which operation it is for.
import type { AppRoute } from '@ts-rest/core';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { isUpload } from '../../contracts/scopes.ts';
import { AppError } from '../../domain/app-error.ts';
import { unstorable } from './storable-text.ts';
import { invalidRequest } from './validation-errors.ts';

const parse = express.json({ limit: '1mb', strict: false, type: () => true });

/** Bodies up to 1 MiB, JSON only, whatever the operation; nothing is read where none is announced. */
const jsonBody: RequestHandler = (request, response, next) => {
  if (!hasBody(request)) {
    next();
    return;
  }
  if (!isJson(request)) {
    next(new AppError('unsupported_media_type', 'A request body is JSON: Content-Type: application/json.'));
    return;
  }
  parse(request, response, (error?: unknown) => {
    const problem = error === undefined ? unstorable(request.body) : null;
    if (problem) next(invalidRequest([problem]));
    else next(error === undefined ? undefined : bodyError(error));
  });
};

/** JSON, or a file that the operation reads itself. */
export function readBody(route: AppRoute): RequestHandler {
  return isUpload(route) ? (_request, _response, next) => next() : jsonBody;
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function isJson(request: Request): boolean {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type);
}

/** body-parser's errors carry a type; what they say of the body is not repeated. */
function bodyError(error: unknown): unknown {
  const type = (error as { type?: unknown }).type;
  const detail = (message: string) => ({ details: [{ path: 'body', message }] });
  switch (type) {
    case 'entity.too.large':
      return new AppError('payload_too_large', 'A request body has at most 1 MiB.');
    case 'entity.parse.failed':
      return new AppError('invalid_request', 'The body is not valid JSON.', detail('is not valid JSON'));
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new AppError('unsupported_media_type', 'The body has an encoding that is not supported.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new AppError('invalid_request', 'The body ended early.', detail('is shorter than announced'));
    default:
      // What decompressing says of the bytes comes without a type.
      if ((error as { status?: unknown }).status !== 400) return error;
      return new AppError('invalid_request', 'The body cannot be read.', detail('cannot be decompressed'));
  }
}

/** Ends a request whose body nobody will read, so that the connection is not kept waiting for the rest of it. */
export function dropUnreadBody(request: Request, response: Response): void {
  if (!request.readableEnded && hasBody(request)) response.setHeader('Connection', 'close');
}
