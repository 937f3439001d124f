// What goes wrong in the middle of an incremental run: crashes around its scan of ids, and the border between single
// reads and a whole one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type pg from 'pg';
import { openDatabase } from '../../database/database.ts';
import { run, sql, transaction } from '../../database/sql.ts';
import { isDatabaseUnavailable } from '../../database/unavailable.ts';
import { ensureDatabase, startEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { expectWholeState } from '../support/expect-whole-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const BASE = 'dc=example,dc=org';
const unit = (ou: string) => `dn: ou=${ou},${BASE}\nobjectClass: organizationalUnit\nou: ${ou}\n\n`;
const person = (uid: string, ou = 'people') =>
  `dn: uid=${uid},ou=${ou},${BASE}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n\n`;
const people = (prefix: string, count: number, ou = 'people') =>
  Array.from({ length: count }, (_, at) => person(`${prefix}${at}`, ou)).join('');

async function connect(lab: SyncLab, slapd: Slapd, url = slapd.url) {
  const connectionId = await lab.addConnection('ldap', {
    url,
    bindDn: slapd.rootDn,
    bindPassword: slapd.rootPassword,
    baseDns: [slapd.baseDn],
    pageSize: 100,
    changeOverlapSeconds: 0,
  });
  return { connectionId, projectId: await lab.addProject({ connectionId }) };
}

async function sync(lab: SyncLab, projectId: string) {
  const over = await lab.runOver(await lab.trigger(projectId, { mode: 'incremental' }));
  expect(over).toMatchObject({ status: 'completed', error_message: null });
  return over;
}

describeWithSlapd('an incremental run whose scan of ids is followed by', () => {
  /** What happens between the scan, which is committed, and its comparison, which waits for the run's row. */
  const FAULTS: [string, (lab: SyncLab, crash: () => Promise<void>) => Promise<void>][] = [
    ['a crash of PostgreSQL', (_lab, crash) => crash()],
    ['a loss of what it brought', emptyScan],
  ];

  it.each(FAULTS)(
    '%s reads again, and removes what is gone alone',
    async (_which, strike) => {
      await using stack = new AsyncDisposableStack();
      const folder = mkdtempSync(join(tmpdir(), 'identity-center-scan-'));
      stack.defer(() => rmSync(folder, { recursive: true, force: true }));
      const slapd = await startSlapd({ ldif: unit('people') + people('p', 900) });
      stack.defer(() => slapd.stop());
      const options = { directory: join(folder, 'postgres'), disposable: true };
      let postgres = await startEmbeddedPostgres(options);
      stack.defer(() => postgres.stop('immediate'));
      await ensureDatabase(postgres, 'scan');
      const url = postgres.url('scan');
      const setUp = await openDatabase({ url });
      await setUp.migrate();
      await setUp.close();
      const crash = async () => {
        const { port } = postgres;
        await postgres.stop('immediate');
        postgres = await startEmbeddedPostgres({ ...options, port });
      };
      // Beyond the schema, which is 72,000 bytes, and before the end of the scan, which is 80,000.
      const proxy = await startFailingProxy(slapd.url, { afterBytes: 100_000, by: 'stalling' });
      stack.defer(() => proxy.close());
      const lab = await openSyncLab(url);
      stack.defer(() => lab.close());
      const { connectionId, projectId } = await connect(lab, slapd, proxy.url.replace('http', 'ldap'));
      await lab.startWorker();
      proxy.resume();
      await sync(lab, projectId);
      proxy.failAgain();
      await slapd.apply(`dn: uid=p7,ou=people,${BASE}\nchangetype: delete\n`);
      const runId = await lab.trigger(projectId, { mode: 'incremental' });
      await until('the scan to be held back', () => proxy.isStalling(), 30_000, 5);
      await holdComparison(lab, runId, async () => {
        proxy.resume();
        await comparisonWaits(lab);
        await strike(lab, crash);
      });
      const over = await lab.runOver(runId);
      expect(over).toMatchObject({ status: 'completed', counts: { deactivated: 1, created: 0 } });
      await expectWholeState(lab.database.pool, connectionId, slapd);
    },
    120_000,
  );

  /** A lock that lets the scan's transaction through, which shares the run's row, and no other. */
  async function holdComparison(lab: SyncLab, runId: string, work: () => Promise<void>): Promise<void> {
    await transaction(lab.database.pool, async (client: pg.PoolClient) => {
      await run(client, sql`select from sync_run where id = ${runId} for share`);
      await work();
    }).catch((error: unknown) => {
      // A crash takes this transaction along.
      if (!isDatabaseUnavailable(error)) throw error;
    });
  }

  async function comparisonWaits(lab: SyncLab): Promise<void> {
    await until('the comparison to wait', async () => {
      const rows = await run(
        lab.database.pool,
        sql`select from pg_stat_activity
            where wait_event_type = 'Lock' and query like '%for no key update%'
              and exists (select from pg_tables where schemaname = 'staging' and tablename like 'scan_%')`,
      );
      return rows.length > 0;
    });
  }

  async function emptyScan(lab: SyncLab): Promise<void> {
    const [scan] = await run<{ name: string }>(
      lab.database.pool,
      sql`select tablename as name from pg_tables where schemaname = 'staging' and tablename like 'scan_%'`,
    );
    await run(lab.database.pool, sql`truncate staging.${sql.ref(String(scan?.name))}`);
  }
});

describeWithSlapd('an incremental run after a large container was renamed', () => {
  it('reads up to 1,000 entries one by one, and everything when there are more', async () => {
    await using stack = new AsyncDisposableStack();
    const ldif = ['large', 'people'].map(unit).join('') + people('l', 1_000, 'large') + people('p', 9);
    const slapd = await startSlapd({ ldif });
    stack.defer(() => slapd.stop());
    const lab = await openSyncLab();
    stack.defer(() => lab.close());
    const { connectionId, projectId } = await connect(lab, slapd);
    await lab.startWorker();
    expect((await sync(lab, projectId)).counts).toMatchObject({ created: 1_009 });
    await secondPasses();
    await sync(lab, projectId);
    const rename = (from: string, to: string) =>
      slapd.apply(`dn: ou=${from},${BASE}\nchangetype: modrdn\nnewrdn: ou=${to}\ndeleteoldrdn: 1\n`);

    await rename('large', 'larger');
    const single = await sync(lab, projectId);
    expect(single).toMatchObject({ read_mode: 'incremental', counts: { read: 1_000, updated: 1_000 } });
    await expectWholeState(lab.database.pool, connectionId, slapd);

    await slapd.apply(person('late', 'larger').replace('\n', '\nchangetype: add\n'));
    await sync(lab, projectId);
    await secondPasses();
    await sync(lab, projectId);
    await rename('larger', 'largest');
    const whole = await sync(lab, projectId);
    expect(whole).toMatchObject({
      read_mode: 'incremental',
      counts: { read: 1_010, updated: 1_001, unchanged: 9, deactivated: 0 },
    });
    await expectWholeState(lab.database.pool, connectionId, slapd);
  }, 120_000);

  /** Changes before and after a run are told apart by whole seconds. */
  function secondPasses(): Promise<boolean> {
    const second = () => Math.floor(Date.now() / 1_000);
    const present = second();
    return until('the next second', () => second() > present, 5_000, 10);
  }
});
