// What happens on the SailPoint-shaped surface between the check of access and that of parameters.
import type { AppRoute } from '@ts-rest/core';
import type { RequestHandler } from 'express';
import { AppError } from '../../domain/app-error.ts';
import { formBody } from './form-body.ts';

/** Forms are read; callers of anything else must take JSON. */
export function prepareSailPoint(route: AppRoute): RequestHandler {
  return 'contentType' in route && route.contentType === 'application/x-www-form-urlencoded'
    ? formBody
    : requireJson;
}

/** 406 where `Accept` leaves application/json out (RFC 9110, section 12.5.1). */
const requireJson: RequestHandler = (request, _response, next) => {
  const message = 'Answers are application/json; the Accept header leaves it out.';
  next(request.accepts('json') ? undefined : new AppError('not_acceptable', message));
};
