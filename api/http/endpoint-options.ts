// How every contract is put on Express: who may call, how bodies are read, and that both sides keep to the schemas.
import type { AppRoute, AppRouter } from '@ts-rest/core';
import type { TsRestExpressOptions, TsRestRequestHandler } from '@ts-rest/express';
import type { Request, RequestHandler } from 'express';
import { operationsOf } from '../../contracts/routes.ts';
import { accessTable, requireScope } from '../auth/require-scope.ts';

/**
 * @param beforeValidation runs once the caller may call: reads the body, say.
 * @throws Error for an operation that does not say who may call it.
 */
export function endpointOptions<Contract extends AppRouter>(
  contract: Contract,
  beforeValidation: (route: AppRoute) => RequestHandler,
): TsRestExpressOptions<Contract> {
  const access = accessTable(operationsOf(contract).map(({ route }) => route));
  const checkAccess: TsRestRequestHandler<Contract> = (request, _response, next) => {
    const required = access.get(request.tsRestRoute as AppRoute);
    if (!required) throw new Error('an operation without access rules was routed');
    requireScope(request as unknown as Request, required);
    next();
  };
  const prepare: TsRestRequestHandler<Contract> = (request, response, next) =>
    beforeValidation(request.tsRestRoute as AppRoute)(request as unknown as Request, response, next);
  return {
    logInitialization: false,
    jsonQuery: false,
    responseValidation: true,
    globalMiddleware: [checkAccess, prepare] as never,
    requestValidationErrorHandler: (error, _request, _response, next) => next(error),
  };
}
