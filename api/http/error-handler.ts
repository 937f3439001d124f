// The one place that writes an error answer.
import { STATUS_CODES } from 'node:http';
import { RequestValidationError } from '@ts-rest/express';
import type { ErrorRequestHandler, Request } from 'express';
import type { Logger } from 'pino';
import { isSailPointPath } from '../../contracts/sailpoint/schemas.ts';
import { isDatabaseUnavailable } from '../../database/unavailable.ts';
import { AppError } from '../../domain/app-error.ts';
import { sailPointErrorBody } from '../sailpoint/error-body.ts';
import { dropUnreadBody } from './json-body.ts';
import { pathOf, requestId } from './request-context.ts';
import { validationError } from './validation-errors.ts';

/** Answers in the shape of the surface that the request is on, /api's unless it is another's; what is no AppError is a 500 that says nothing and is logged. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const failure = asAppError(error);
    if (response.closed) {
      // The caller went away, which most often is why this failed; its log line says `aborted`.
      logger.debug(
        { requestId: requestId(request), message: failure.message },
        'nobody waits for this error',
      );
      next();
      return;
    }
    if (failure.status >= 500) logFailure(logger, request, failure, error);
    if (response.headersSent) {
      // Part of the answer is out: only breaking the connection tells the client that it is not whole.
      response.destroy();
      next();
      return;
    }
    dropUnreadBody(request, response);
    for (const [name, value] of Object.entries(failure.headers)) response.setHeader(name, value);
    response.status(failure.status).json(bodyOf(request, failure));
  };
}

function bodyOf(request: Request, failure: AppError): object {
  const path = pathOf(request.originalUrl);
  if (isSailPointPath(path)) return sailPointErrorBody(failure, { path, requestId: requestId(request) });
  return {
    error: STATUS_CODES[failure.status] ?? 'Error',
    message: failure.message,
    statusCode: failure.status,
    ...(failure.status === 400 && { details: failure.details ?? [] }),
  };
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof RequestValidationError) return validationError(error);
  if (isDatabaseUnavailable(error))
    return new AppError('database_unavailable', 'The database cannot be reached at the moment; try again.', {
      headers: { 'Retry-After': '5' },
      cause: error,
    });
  if ((error as { code?: unknown } | null)?.code === '57014')
    return new AppError('unavailable', 'The database took too long; ask for less, or try again.', {
      headers: { 'Retry-After': '5' },
      cause: error,
    });
  // By name: Node's own are of another realm inside Jest.
  if ((error as Partial<Error> | null)?.name === 'URIError')
    return new AppError('invalid_request', 'The path is not encoded correctly.', {
      details: [{ path: 'path', message: 'is not encoded correctly' }],
    });
  return new AppError(
    'internal_error',
    'Something went wrong here; the log has it under this X-Request-Id.',
    {
      cause: error,
    },
  );
}

function logFailure(logger: Logger, request: Request, failure: AppError, error: unknown): void {
  const cause = failure.cause ?? error;
  // Not the whole error object: a driver's may hold parameters, a client's the request with its token.
  const { name, message, stack, code } = (cause ?? {}) as Partial<Error> & { code?: unknown };
  logger.error({ requestId: requestId(request), err: { name, message, stack, code } }, failure.message);
}
