// The servers that `npm run faults` kills and starts again, in a temporary folder.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWith } from '../../bench/clean-up.ts';
import { generateDirectory } from '../../bench/generate-directory.ts';
import { openDatabase } from '../../database/database.ts';
import {
  ensureDatabase,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../tools/embedded-postgres.ts';
import { findTemporalCli } from '../../tools/temporal-cli.ts';
import { startTemporalServer } from '../../tools/temporal-server.ts';
import { type Slapd, startSlapd } from '../support/slapd-process.ts';

const DATABASE = 'faults';

export interface FaultServers {
  slapd: Slapd;
  databaseUrl: string;
  temporalAddress: string;
  /** Stops PostgreSQL as a crash would, and starts it again on the same port; recovery is awaited. */
  crashPostgres(): Promise<void>;
  /** Kills Temporal's server, and starts it again on the same port with what it had written down. */
  killTemporal(): Promise<void>;
}

/** PostgreSQL with its usual settings, Temporal on a file, and an OpenLDAP that holds `users` people. */
export async function startServers(users: number, stack: AsyncDisposableStack): Promise<FaultServers> {
  const folder = await mkdtemp(join(tmpdir(), 'identity-center-faults-'));
  await endWith(stack, () => rm(folder, { recursive: true, force: true }));
  // PostgreSQL runs as another account where this one is root, and has to get in.
  await chmod(folder, 0o711);
  const directory = join(folder, 'postgres');
  let postgres = await startEmbeddedPostgres({ directory });
  await endWith(stack, async () => {
    await postgres.stop('immediate');
    removeEmbeddedPostgres(directory);
  });
  await ensureDatabase(postgres, DATABASE);
  const databaseUrl = postgres.url(DATABASE);
  const database = await openDatabase({ url: databaseUrl });
  await database.migrate();
  await database.close();
  const { address: temporalAddress, kill: killTemporal } = await startTemporal(
    join(folder, 'temporal'),
    stack,
  );
  const ldif = join(folder, 'directory.ldif');
  await generateDirectory(ldif, { users, awkward: true });
  const slapd = await startSlapd({ ldif: { file: ldif } });
  await endWith(stack, () => slapd.stop());
  return {
    slapd,
    databaseUrl,
    temporalAddress,
    killTemporal,
    async crashPostgres() {
      const { port } = postgres;
      await postgres.stop('immediate');
      postgres = await startEmbeddedPostgres({ directory, port });
      if (postgres.port !== port) throw new Error(`PostgreSQL's port ${port} was taken by somebody else.`);
    },
  };
}

async function startTemporal(directory: string, stack: AsyncDisposableStack) {
  const options = {
    cli: await findTemporalCli({ say: () => {} }),
    directory,
    persistent: true,
    headless: true,
  };
  let server = await startTemporalServer(options);
  await endWith(stack, () => server.stop());
  const { address, port } = server;
  const kill = async () => {
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    server = await startTemporalServer({ ...options, port });
    if (server.port !== port) throw new Error(`Temporal's port ${port} was taken by somebody else.`);
  };
  return { address, kill };
}
