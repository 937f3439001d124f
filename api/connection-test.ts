// Opens a connector for one piece of work while a request waits, and closes it after.
import { join } from 'node:path';
import type { Response } from 'express';
import type { CapableConnector, ConnectionTest } from '../connectors/connector.ts';
import { uploadedFiles } from '../database/uploaded-file.ts';
import { AppError } from '../domain/app-error.ts';
import type { AppDeps } from './dependencies.ts';

/** The folder that files are read from. */
export function importDirectory(home: string): string {
  return join(home, 'import');
}

/** The id of a connection that is tested before it is saved. */
export const UNSAVED = 'unsaved';

/** How long a caller waits at most, whatever time-outs the connection's settings ask for. */
const LIMIT_MS = 120_000;

interface Opened {
  id: string;
  type: string;
  config: Record<string, unknown>;
}

/**
 * Runs `work` on an open connector; it is told to stop when the client goes away, or after `limitMs`.
 * @throws AppError `timeout` then.
 */
export async function withConnector<T>(
  deps: Pick<AppDeps, 'connectors' | 'settings' | 'database'>,
  connection: Opened,
  response: Response,
  work: (connector: CapableConnector, signal: AbortSignal) => Promise<T>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const gone = new AbortController();
  const late = AbortSignal.timeout(limitMs);
  const abort = () => gone.abort();
  response.once('close', abort);
  const connector = deps.connectors.open(connection, {
    importDirectory: importDirectory(deps.settings.IDENTITY_CENTER_HOME),
    ...(connection.id !== UNSAVED && { openUploaded: uploadedFiles(deps.database.pool) }),
  });
  try {
    return await work(connector, AbortSignal.any([gone.signal, late]));
  } catch (cause) {
    if (gone.signal.aborted) throw new Error('the caller went away', { cause });
    if (!late.aborted) throw cause;
    const seconds = Math.ceil(limitMs / 1_000);
    throw new AppError('timeout', `The source was not done within ${seconds} s.`, { cause });
  } finally {
    response.off('close', abort);
    await connector.close();
  }
}

/** The test's result; a source that fails in a way no check caught is a failed test all the same. */
export async function testConnection(
  deps: Pick<AppDeps, 'connectors' | 'settings' | 'database'>,
  connection: Opened,
  response: Response,
  limitMs = LIMIT_MS,
): Promise<ConnectionTest> {
  try {
    return await withConnector(
      deps,
      connection,
      response,
      (connector, signal) => connector.test(signal),
      limitMs,
    );
  } catch (error) {
    if (!(error instanceof AppError) || error.status === 500) throw error;
    return {
      ok: false,
      checks: [
        {
          name: error.code === 'timeout' ? 'connect' : 'resolve',
          ok: false,
          message: error.message,
          durationMs: 0,
        },
      ],
      serverInfo: {},
    };
  }
}

/** One line for the list of connections. */
export function testSummary(test: ConnectionTest): string {
  const failed = test.checks.find((check) => !check.ok);
  return failed ? `${failed.name}: ${failed.message}` : 'All checks passed.';
}
