// The response headers that keep browsers from doing more with an answer than was meant.
import type { RequestHandler } from 'express';

/** An API answer is data: it loads nothing, is framed by nobody and is kept by no cache. */
export function securityHeaders(): RequestHandler {
  return (_request, response, next) => {
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}
