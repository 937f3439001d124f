// Opens the database: MikroORM for single resources, a pg pool for set-based SQL and COPY.
import type { Socket } from 'node:net';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { AppError } from '../domain/app-error.ts';
import { AccountEntity } from './entities/account.ts';
import { ConnectionEntity } from './entities/connection.ts';
import { SyncProjectEntity } from './entities/sync-project.ts';
import { LONGEST_MS } from './long-transaction.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { isDatabaseUnavailable } from './unavailable.ts';

export interface Database {
  orm: MikroORM;
  /** For queries/: the driver's own types (Date for timestamptz), where the ORM's pool has its own parsers. */
  pool: pg.Pool;
  /** Applies what is missing of the migrations; two processes may call it at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Connections of the pool for set-based SQL. */
  poolSize?: number;
  /** Shows in pg_stat_activity: `api`, `worker`. */
  applicationName?: string;
  /** How long a statement of the pool may take, in milliseconds; none by default. The ORM's pool has no limit. */
  statementTimeoutMs?: number;
  /**
   * After how many milliseconds without a word from the server a connection of the pool is given up, whatever it is
   * waiting for; a wait for another session's lock ends after a third of it. For ever by default.
   */
  silenceMs?: number;
  /** Told of dropped idle connections; they are replaced, so it is no more than a warning. */
  onWarning?: (message: string) => void;
}

const MIGRATION_LOCK = 7_201_001;
/** A server that hangs cannot end its own statements: this much after it should have, we do. */
const GRACE_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;

/** Opens both pools; nothing is sent before the first query, so that a start does not wait for the database. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const warn = options.onWarning ?? (() => {});
  const orm = await MikroORM.init({
    clientUrl: options.url,
    entities: [ConnectionEntity, SyncProjectEntity, AccountEntity],
    ensureDatabase: false,
    pool: { min: 0, max: 5 },
    extensions: [Migrator],
    migrations: { migrationsList: MIGRATIONS, snapshot: false, transactional: true, allOrNothing: true },
    logger: () => {},
  });
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 10,
    application_name: options.applicationName ?? 'identity-center',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // A server that is cut off while we wait for its answer is missed within a minute; the kernel's own is hours.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    ...(options.silenceMs !== undefined && { lock_timeout: Math.ceil(options.silenceMs / 3) }),
    ...(options.statementTimeoutMs !== undefined && {
      statement_timeout: options.statementTimeoutMs,
      query_timeout: options.statementTimeoutMs + GRACE_MS,
    }),
  });
  pool.on('error', (error) => warn(`a database connection was dropped: ${error.message}`));
  // While a client is checked out the pool does not listen to it, and an unheard 'error' would end the process;
  // the query that was under way rejects all the same.
  pool.on('connect', (client) => {
    client.on('error', () => {});
    if (options.silenceMs !== undefined) endWhenSilent(client, options.silenceMs);
  });
  return {
    orm,
    pool,
    migrate: () => migrate(orm, pool),
    close: async () => {
      await Promise.allSettled([orm.close(true), pool.end()]);
    },
  };
}

/**
 * Ends a connection on which nothing was sent or received for `silenceMs`: packets that vanish on the way end no
 * statement. What was under way fails as it does when the server is lost.
 */
function endWhenSilent(client: pg.PoolClient, silenceMs: number): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.setTimeout(silenceMs, () => {
    const silent = new Error('The database has not answered for too long.');
    stream.destroy(Object.assign(silent, { code: 'ETIMEDOUT' }));
  });
}

async function migrate(orm: MikroORM, pool: pg.Pool): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    throw isDatabaseUnavailable(error)
      ? new AppError('database_unavailable', 'The database cannot be reached; check DATABASE_URL.', {
          cause: error,
        })
      : error;
  });
  try {
    // Another process may be at it for longer than a statement has.
    const lock = { text: 'select pg_advisory_lock($1)', values: [MIGRATION_LOCK], query_timeout: LONGEST_MS };
    await client.query('set statement_timeout = 0');
    await client.query(lock);
    await orm.migrator.up();
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {});
    await client.query('reset statement_timeout').catch(() => {});
    client.release();
  }
}
