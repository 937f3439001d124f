// Walks the contract: every operation once, with the path of keys that leads to it.
import { type AppRoute, type AppRouter, isAppRoute } from '@ts-rest/core';

export interface Operation {
  /** Dotted path of keys: `users.list`. */
  name: string;
  route: AppRoute;
}

/** All operations of `router`, in its order. */
export function operationsOf(router: AppRouter, prefix = ''): Operation[] {
  return Object.entries(router).flatMap(([key, value]) =>
    isAppRoute(value) ? [{ name: prefix + key, route: value }] : operationsOf(value, `${prefix}${key}.`),
  );
}
