// What every resource's routes are made from.
import { AppError } from '../../domain/app-error.ts';
import type { PasswordVerifier } from '../auth/passwords.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { AppDeps } from '../dependencies.ts';
import type { RespondWithList } from '../http/list-response.ts';
import type { RunEvents } from '../run-events.ts';
import type { SyncSchedules } from '../sync-schedules.ts';
import type { SyncTrigger } from '../sync-trigger.ts';

export interface RouteDeps extends AppDeps {
  respondWithList: RespondWithList;
  tokens: Tokens;
  passwords: PasswordVerifier;
  trigger: SyncTrigger;
  runEvents: RunEvents;
  schedules: SyncSchedules;
}

/** `found`, or a 404 that names what was asked for. @throws AppError `not_found`. */
export function orNotFound<T>(found: T | undefined, kind: string, id: string): T {
  if (found === undefined) throw new AppError('not_found', `${kind} with ID '${id}' was not found`);
  return found;
}
