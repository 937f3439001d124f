// What every activity is given when the worker starts.
import type { Logger } from 'pino';
import type { ConnectorRegistry } from '../connectors/registry.ts';
import type { Database } from '../database/database.ts';
import type { SecretBox } from '../domain/secret-box.ts';

export interface ActivityDependencies {
  database: Database;
  secretBox: SecretBox;
  connectors: ConnectorRegistry;
  /** The only folder that files are read from. */
  importDirectory: string;
  /** After which a run that nobody lets go on is cancelled. */
  pauseTimeoutMs: number;
  logger: Logger;
}
