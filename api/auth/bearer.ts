// Reads the bearer token of a request through passport-http-bearer; who it is decides neither route nor refusal.
import type { Request, RequestHandler } from 'express';
import { Passport } from 'passport';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { AppError } from '../../domain/app-error.ts';
import { type Principal, setPrincipal } from './principal.ts';
import type { Tokens } from './tokens.ts';

/**
 * Sets the request's principal where its token is valid and goes on either way: the operation's scope is
 * checked where the operation is known, and limits count before that. A token in the query string is refused
 * (RFC 6750, section 2.3: it ends up in logs); bodies are parsed after this, so none is taken from there.
 */
export function identifyCaller(tokens: Tokens): RequestHandler {
  const passport = new Passport();
  passport.use(
    new BearerStrategy((token, done) => {
      tokens.verify(token).then(
        (principal) => done(null, principal ?? false),
        (error: unknown) => done(error),
      );
    }),
  );
  return (request, response, next) => {
    // Parsed before it is looked at: a name may be written with percent signs too.
    if (request.url.includes('?') && 'access_token' in request.query) {
      next(tokenInQuery());
      return;
    }
    if (request.headers.authorization === undefined) {
      next();
      return;
    }
    const authenticate = passport.authenticate(
      'bearer',
      { session: false },
      (error: unknown, principal: Principal | false | undefined) => {
        if (principal) setPrincipal(request as Request, principal);
        next(error ?? undefined);
      },
    ) as RequestHandler;
    authenticate(request, response, next);
  };
}

function tokenInQuery(): AppError {
  const message = 'a token is sent in the Authorization header, never in the URL';
  return new AppError('invalid_request', 'The query parameter access_token is not accepted.', {
    details: [{ path: 'query.access_token', message }],
  });
}
