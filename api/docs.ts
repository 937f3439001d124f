// The browsable API page: Swagger UI out of its package, so that it works without internet.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import express, { type Router } from 'express';
import { AppError } from '../domain/app-error.ts';

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Only this server's own files; Swagger UI sets style attributes and has its icons in data URLs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>IdentityCenter API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="contract"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;

const START = `window.addEventListener('load', () => {
  window.SwaggerUIBundle({
    url: '/api/openapi.json',
    dom_id: '#contract',
    deepLinking: true,
    tryItOutEnabled: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
});
`;

/** Serves below /api/docs. */
export function docsRouter(): Router {
  const router = express.Router();
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  router.use((_request, response, next) => {
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Cache-Control', 'no-cache');
    next();
  });
  router.get('/', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/start.js', (_request, response) => {
    response.type('text/javascript').send(START);
  });
  for (const asset of ASSETS)
    router.get(`/${asset}`, (request, response, next) => {
      // Always the whole file: there is no state that a precondition could protect.
      for (const header of ['if-match', 'if-unmodified-since']) delete request.headers[header];
      response.sendFile(join(folder, asset), { acceptRanges: false, etag: false }, (error) => {
        if (error) next(error);
      });
    });
  router.all(['/', '/start.js', ...ASSETS.map((asset) => `/${asset}`)], (request, _response, next) => {
    const headers = { Allow: 'GET, HEAD' };
    const message = `${request.method} is not possible here; ${headers.Allow} is.`;
    next(new AppError('method_not_allowed', message, { headers }));
  });
  return router;
}
