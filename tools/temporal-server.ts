// Runs Temporal's development server as a child process, on free ports of the loopback address.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { registerSearchAttributes } from '../worker/search-attributes.ts';
import { freePort } from './free-port.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export interface TemporalServerOptions {
  /** Path of the `temporal` program (see temporal-cli.ts). */
  cli: string;
  /** Holds the log and, when the state is kept, the database file. */
  directory: string;
  /** Keeps workflows over restarts; else they are in memory. */
  persistent?: boolean;
  /** Without the web UI. */
  headless?: boolean;
  /** Taken when they are free; else others. */
  port?: number;
  uiPort?: number;
  namespace?: string;
  /** Settings of the server by their names in Temporal's dynamic configuration, values as JSON. */
  dynamicConfig?: Record<string, string>;
}

export interface TemporalServer {
  /** `host:port` of the gRPC front end. */
  address: string;
  port: number;
  /** The web UI; null when headless. */
  uiPort: number | null;
  pid: number;
  ended: Promise<void>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/**
 * Starts the server and waits until it answers, the namespace is there and the search attributes may be used.
 * @throws Error with the last lines of its log when it does not come up within a minute.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  mkdirSync(options.directory, { recursive: true });
  const namespace = options.namespace ?? 'default';
  const port = await freePort(options.port);
  const uiPort = options.headless ? null : await freePort(options.uiPort);
  const server = await startServerProcess({
    command: options.cli,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn', '--color', 'never'],
      ...['--port', String(port), '--namespace', namespace, '--metrics-port', String(await freePort())],
      ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...Object.entries(options.dynamicConfig ?? {}).flatMap((setting) => [
        '--dynamic-config-value',
        setting.join('='),
      ]),
      ...(options.persistent ? ['--db-filename', join(options.directory, 'temporal.sqlite')] : []),
    ],
    logFile: join(options.directory, 'temporal.log'),
    workingDirectory: options.directory,
  });
  const address = `127.0.0.1:${port}`;
  try {
    await untilReady(server, address, namespace);
  } catch (error) {
    await server.stop('SIGKILL', 1_000);
    throw error;
  }
  return {
    address,
    port,
    uiPort,
    pid: server.pid,
    ended: server.ended,
    stop: () => server.stop('SIGTERM', 10_000),
  };
}

async function untilReady(server: ServerProcess, address: string, namespace: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (server.exit()) {
      throw new Error(`Temporal's server ended while it was starting. Its log says:\n${server.lastOutput()}`);
    }
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace });
        await registerSearchAttributes(connection, namespace);
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`Temporal's server does not answer:\n${server.lastOutput()}`, { cause: error });
      }
    }
    await pause(50);
  }
}
