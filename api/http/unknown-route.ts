// Answers what no route took: 405 with Allow where the contract has the path, else 404.
import type { AppRoute } from '@ts-rest/core';
import type { RequestHandler } from 'express';
import { AppError } from '../../domain/app-error.ts';
import { pathOf } from './request-context.ts';

interface KnownPath {
  pattern: RegExp;
  allow: string;
  methods: Set<string>;
}

/** @param routes the contract's operations, with the paths they are served on. */
export function unknownRoute(routes: AppRoute[]): RequestHandler {
  const known = knownPaths(routes);
  return (request, _response, next) => {
    const path = pathOf(request.originalUrl).replace(/(?<=.)\/$/, '');
    // A fixed path goes before one with a parameter in its place, as it does in routing.
    const match = known.find(({ pattern }) => pattern.test(path));
    if (match && !match.methods.has(request.method)) {
      const message = `${request.method} is not possible here; ${match.allow} is.`;
      next(new AppError('method_not_allowed', message, { headers: { Allow: match.allow } }));
      return;
    }
    next(new AppError('not_found', `There is nothing at ${path}.`));
  };
}

function knownPaths(routes: AppRoute[]): KnownPath[] {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    const of = methods.get(path) ?? new Set<string>();
    of.add(method);
    if (method === 'GET') of.add('HEAD');
    methods.set(path, of);
  }
  return [...methods]
    .sort(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))
    .map(([path, of]) => ({
      pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`, 'i'),
      methods: of,
      allow: [...of].join(', '),
    }));
}
