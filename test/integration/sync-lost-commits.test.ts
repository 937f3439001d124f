// Pages commit without waiting for the disk: what a crash of PostgreSQL takes of them while the source is slow, is
// missed and read again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { generateDirectory } from '../../bench/generate-directory.ts';
import { openDatabase } from '../../database/database.ts';
import { run, sql } from '../../database/sql.ts';
import { ensureDatabase, startEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { expectStoredEqualsDirectory } from '../support/compare-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

describeWithSlapd('a crash of PostgreSQL while the source is slow', () => {
  it.each([
    ['in a first read', 0],
    ['in a later one', 1],
  ])(
    'loses nothing %s',
    async (_which, earlierRuns) => {
      await using stack = new AsyncDisposableStack();
      const folder = mkdtempSync(join(tmpdir(), 'identity-center-lost-'));
      stack.defer(() => rmSync(folder, { recursive: true, force: true }));
      const ldif = join(folder, 'directory.ldif');
      await generateDirectory(ldif, { users: 600 });
      const slapd = await startSlapd({ ldif: { file: ldif } });
      stack.defer(() => slapd.stop());
      // So lazy that a commit which nobody waits for is on its way for long.
      const postgres = await startEmbeddedPostgres({
        directory: join(folder, 'postgres'),
        disposable: true,
        settings: { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' },
      });
      stack.defer(() => postgres.stop('immediate'));
      await ensureDatabase(postgres, 'lost');
      const setUp = await openDatabase({ url: postgres.url('lost') });
      await setUp.migrate();
      await setUp.close();
      const proxy = await startFailingProxy(slapd.url, { afterBytes: 250_000, by: 'stalling' });
      stack.defer(() => proxy.close());
      const lab = await openSyncLab(postgres.url('lost'));
      stack.defer(() => lab.close());
      const connectionId = await lab.addConnection('ldap', {
        url: slapd.url,
        bindDn: slapd.rootDn,
        bindPassword: slapd.rootPassword,
        baseDns: [slapd.baseDn],
        pageSize: 50,
      });
      const projectId = await lab.addProject({ connectionId });
      await lab.startWorker();
      for (let index = 0; index < earlierRuns; index++) await lab.runOver(await lab.trigger(projectId));
      await run(
        lab.database.pool,
        sql`update connection set config = config || ${JSON.stringify({ url: proxy.url.replace('http', 'ldap') })}::jsonb`,
      );
      const runId = await lab.trigger(projectId);
      await until('the source to hold its answer back', () => proxy.isStalling());
      await until('a few pages to be written', async () => Number((await readSoFar()) ?? 0) >= 100);
      const before = await readSoFar();
      const [backend] = await run<{ pid: number }>(lab.database.pool, sql`select pg_backend_pid() as pid`);
      process.kill(backend?.pid ?? 0, 'SIGKILL');
      await until('the database to answer', () =>
        readSoFar().then(
          () => true,
          () => false,
        ),
      );
      // Else this test shows nothing.
      expect(await readSoFar()).toBeLessThan(Number(before));
      proxy.resume();
      const over = await lab.runOver(runId);
      expect(over).toMatchObject({ status: 'completed', error_message: null });
      await expectStoredEqualsDirectory(lab.database.pool, connectionId, slapd);

      async function readSoFar(): Promise<number | undefined> {
        const [row] = await run<{ count: number }>(
          lab.database.pool,
          sql`select staged_count::int as count from sync_run where id = ${runId}`,
        );
        return row?.count;
      }
    },
    120_000,
  );
});
