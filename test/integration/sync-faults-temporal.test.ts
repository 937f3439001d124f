// Temporal's server is killed in the middle of a run and comes back with what it had written down.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { directoryEntries } from '../../bench/generate-directory.ts';
import { startTemporalServer, type TemporalServer } from '../../tools/temporal-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testEnvironment } from '../support/environment.ts';
import { expectWholeState } from '../support/expect-whole-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

describeWithSlapd('a restart of Temporal in the middle of a run', () => {
  let folder: string;
  let slapd: Slapd;
  let temporal: TemporalServer;
  let database: TestDatabase;
  let lab: SyncLab;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'identity-center-temporal-'));
    slapd = await startSlapd({ ldif: [...directoryEntries({ users: 200 })].join('') });
    temporal = await startOwnTemporal();
    database = await createTestDatabase();
    lab = await openSyncLab(database.url, temporal.address);
    await lab.startWorker();
  });

  afterAll(async () => {
    await lab?.close();
    await database?.drop();
    await temporal?.stop();
    await slapd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** On a file, and on the port it had before. */
  const startOwnTemporal = (port?: number) =>
    startTemporalServer({
      cli: testEnvironment().temporalCli,
      directory: folder,
      persistent: true,
      headless: true,
      ...(port ? { port } : {}),
    });

  const killTemporal = async () => {
    process.kill(temporal.pid, 'SIGKILL');
    await temporal.ended;
  };

  const startAgain = async () => {
    const { port } = temporal;
    temporal = await startOwnTemporal(port);
    expect(temporal.port).toBe(port);
  };

  it.each([
    ['while a step waits for the source', false],
    ['and a step ends while it is away', true],
  ])('%s', async (_which, stepEndsMeanwhile) => {
    await using stack = new AsyncDisposableStack();
    const proxy = await startFailingProxy(slapd.url, { afterBytes: 100_000, by: 'stalling' });
    stack.defer(() => proxy.close());
    const connectionId = await lab.addConnection('ldap', {
      url: proxy.url.replace('http', 'ldap'),
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      pageSize: 20,
    });
    const runId = await lab.trigger(await lab.addProject({ connectionId }));
    await until('the read to be held back', () => proxy.isStalling(), 30_000, 5);
    await killTemporal();
    if (stepEndsMeanwhile) {
      proxy.resume();
      await until('the read to be complete', async () => {
        const { steps } = await lab.runRow(runId);
        return steps.find((step) => step.name === 'read')?.status === 'completed';
      });
    }
    await startAgain();
    proxy.resume();
    const over = await lab.runOver(runId).catch((error: Error) => {
      throw new Error(`${error.message}\n${lab.workerLogs()}`);
    });
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    await expectWholeState(lab.database.pool, connectionId, slapd);
  });
});
