// The servers a benchmark runs on: PostgreSQL and Temporal of its own in a temporary folder, set up as `npm start` does.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  type EmbeddedPostgres,
  ensureDatabase,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../tools/embedded-postgres.ts';
import { findTemporalCli } from '../tools/temporal-cli.ts';
import { startTemporalServer } from '../tools/temporal-server.ts';
import { endWith } from './clean-up.ts';

export interface BenchRuntime {
  folder: string;
  postgresPid: number;
  /** Makes the database and answers with its URL. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
}

/**
 * Starts PostgreSQL; what is started here and later ends with `stack`, in reverse order.
 * @param settings server settings beside those of the product, for profiles.
 */
export async function startRuntime(
  stack: AsyncDisposableStack,
  say: (message: string) => void,
  settings: Record<string, string> = {},
): Promise<BenchRuntime> {
  const folder = await mkdtemp(join(tmpdir(), 'identity-center-bench-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  // PostgreSQL runs as another account where this one is root, and has to get in.
  await chmod(folder, 0o711);
  const directory = join(folder, 'postgres');
  const postgres = await startEmbeddedPostgres({ directory, say, settings });
  await endWith(stack, async () => {
    await postgres.stop();
    removeEmbeddedPostgres(directory);
  });
  return {
    folder,
    postgresPid: postgres.pid,
    async createDatabase(name) {
      await ensureDatabase(postgres, name);
      return postgres.url(name);
    },
    dropDatabase: (name) => dropDatabase(postgres, name),
  };
}

/** Starts Temporal's development server with its state in a file; answers with its address. */
export async function startTemporal(
  folder: string,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<string> {
  const directory = join(folder, 'temporal');
  const cli = await findTemporalCli({ say });
  const server = await startTemporalServer({ cli, directory, persistent: true, headless: true });
  await endWith(stack, () => server.stop());
  return server.address;
}

async function dropDatabase(postgres: EmbeddedPostgres, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url() });
  await client.connect();
  try {
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  } finally {
    await client.end();
  }
}
