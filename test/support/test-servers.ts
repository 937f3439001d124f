// Starts and ends the servers of one Jest run, and clears up after runs that were killed.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../database/database.ts';
import {
  type EmbeddedPostgres,
  ensureDatabase,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../tools/embedded-postgres.ts';
import { commandLineOf, endProcess, isRunning, type RecordedProcess } from '../../tools/process-table.ts';
import { findTemporalCli } from '../../tools/temporal-cli.ts';
import {
  startTemporalServer,
  type TemporalServer,
  type TemporalServerOptions,
} from '../../tools/temporal-server.ts';
import { TEST_ENVIRONMENT_VARIABLE, type TestEnvironment } from './environment.ts';

const RUNS = join(tmpdir(), 'identity-center-tests');
const TEMPLATE = 'template_migrated';

/** The servers of this run. */
export interface TestServers {
  stop(): Promise<void>;
  /** For the way out that cannot wait: signals only. */
  kill(): void;
}

/** What a run writes down, so that the next one can end its servers if it was killed. */
interface RunRecord {
  owner: RecordedProcess;
  servers: RecordedProcess[];
}

/** Starts both servers, makes the template database, and tells tests where they are. */
export async function startTestServers(
  temporalSettings: Pick<TemporalServerOptions, 'dynamicConfig'> = {},
): Promise<TestServers> {
  mkdirSync(RUNS, { recursive: true });
  await clearAbandonedRuns();
  const directory = mkdtempSync(join(RUNS, 'run-'));
  for (const folder of [RUNS, directory]) chmodSync(folder, 0o711);
  const say = (message: string) => process.stderr.write(`${message}\n`);
  const remember = recordRun(directory);
  const postgresDirectory = join(directory, 'postgres');
  const temporalDirectory = join(directory, 'temporal');

  const startPostgres = async () => {
    const server = await startEmbeddedPostgres({ directory: postgresDirectory, disposable: true, say });
    remember({ pid: server.pid, mark: server.dataDirectory });
    await makeTemplate(server);
    return server;
  };
  const startTemporal = async () => {
    const cli = await findTemporalCli({ say });
    const server = await startTemporalServer({
      cli,
      directory: temporalDirectory,
      headless: true,
      ...temporalSettings,
    });
    remember({ pid: server.pid, mark: `--port ${server.port}` });
    return { cli, server };
  };
  const [postgres, temporal] = await Promise.all([startPostgres(), startTemporal()]);
  publish(postgres, temporal.server, temporal.cli);
  return {
    async stop() {
      await Promise.all([postgres.stop('immediate'), temporal.server.stop()]);
      removeRun(directory);
    },
    kill() {
      for (const pid of [postgres.pid, temporal.server.pid]) signal(pid, 'SIGQUIT');
    },
  };
}

/** Writes the run down, and each server as it comes. */
function recordRun(directory: string): (server: RecordedProcess) => void {
  const owner = { pid: process.pid, mark: commandLineOf(process.pid) ?? 'jest' };
  const record: RunRecord = { owner, servers: [] };
  const write = () => {
    const file = join(directory, 'run.json');
    writeFileSync(`${file}.new`, JSON.stringify(record));
    renameSync(`${file}.new`, file);
  };
  write();
  return (server) => {
    record.servers.push(server);
    write();
  };
}

function publish(postgres: EmbeddedPostgres, temporal: TemporalServer, temporalCli: string): void {
  const environment: TestEnvironment = {
    postgresUrl: postgres.url(),
    templateDatabase: TEMPLATE,
    temporalAddress: temporal.address,
    temporalCli,
    postgres: {
      binDirectory: postgres.binDirectory,
      dataDirectory: postgres.dataDirectory,
      port: postgres.port,
    },
  };
  process.env[TEST_ENVIRONMENT_VARIABLE] = JSON.stringify(environment);
}

async function makeTemplate(server: EmbeddedPostgres): Promise<void> {
  await ensureDatabase(server, TEMPLATE);
  const database = await openDatabase({ url: server.url(TEMPLATE), poolSize: 1 });
  try {
    await database.migrate();
  } finally {
    await database.close();
  }
}

async function clearAbandonedRuns(): Promise<void> {
  for (const name of readdirSync(RUNS)) {
    const directory = join(RUNS, name);
    const file = join(directory, 'run.json');
    // A run without a record is being set up this very moment.
    if (!existsSync(file)) continue;
    const record: RunRecord = JSON.parse(readFileSync(file, 'utf8'));
    if (isRunning(record.owner)) continue;
    for (const server of record.servers) await endProcess(server, 'SIGQUIT', 5_000);
    removeRun(directory);
  }
}

function removeRun(directory: string): void {
  removeEmbeddedPostgres(join(directory, 'postgres'));
  removeEmbeddedPostgres(directory);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
