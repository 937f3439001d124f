// Refuses, on the SailPoint-shaped surface, callers that do not take JSON.
import type { RequestHandler } from 'express';
import { AppError } from '../../domain/app-error.ts';

/** 406 where `Accept` leaves application/json out (RFC 9110, section 12.5.1). */
export const requireJson: RequestHandler = (request, _response, next) => {
  const message = 'Answers are application/json; the Accept header leaves it out.';
  next(request.accepts('json') ? undefined : new AppError('not_acceptable', message));
};
