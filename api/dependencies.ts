// What the Express app is made from; server.ts opens it, tests bring their own.
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ConnectorRegistry } from '../connectors/registry.ts';
import type { Database } from '../database/database.ts';
import type { SecretBox } from '../domain/secret-box.ts';
import type { Settings } from '../domain/settings.ts';
import type { ApiKeys } from './auth/keys.ts';

/** Connects when it is first asked, so that reads never need Temporal. */
export interface TemporalAccess {
  client(): Promise<Client>;
  close(): Promise<void>;
}

export interface AppDeps {
  settings: Settings;
  database: Database;
  secretBox: SecretBox;
  /** Signs tokens and cursors; derived from the same secret key as `secretBox`. */
  keys: ApiKeys;
  connectors: ConnectorRegistry;
  temporal: TemporalAccess;
  logger: Logger;
  version: string;
  startedAt: Date;
  /** Aborted when the process is to end: streams that would go on for long end then. */
  ending?: AbortSignal;
}
