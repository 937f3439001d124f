// Kills and stops what a run depends on, at every step: the run completes and the stored state is the directory's.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generateDirectory } from '../../bench/generate-directory.ts';
import { openDatabase } from '../../database/database.ts';
import { run, sql } from '../../database/sql.ts';
import { ensureDatabase, startEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { expectStoredEqualsDirectory } from '../support/compare-state.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const USERS = 3_000;

describeWithSlapd('a sync run survives', () => {
  let slapd: Slapd;
  let folder: string;
  let objects: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'identity-center-durability-'));
    const ldif = join(folder, 'directory.ldif');
    const generated = await generateDirectory(ldif, { users: USERS, awkward: true });
    objects = generated.objects;
    slapd = await startSlapd({ ldif: { file: ldif } });
  });

  afterAll(async () => {
    await slapd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const connect = (lab: SyncLab) =>
    lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      pageSize: 200,
    });

  /** Resolves as soon as the step is being worked on. */
  const stepBegun = (lab: SyncLab, runId: string, step: string) =>
    until(
      `step ${step} to begin`,
      async () => {
        const rows = await run<{ status: string; finished: boolean }>(
          lab.database.pool,
          sql`select s.status, r.finished_at is not null as finished from sync_run_step s join sync_run r on r.id = s.run_id
              where s.run_id = ${runId} and s.name = ${step}`,
        );
        if (rows[0]?.finished) throw new Error(`the run was over before step ${step} was met`);
        return rows[0] !== undefined && rows[0].status !== 'pending';
      },
      60_000,
      2,
    );

  const expectWholeRun = async (lab: SyncLab, connectionId: string, runId: string) => {
    const over = await lab.runOver(runId, 120_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${lab.workerLogs()}`);
    });
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    const { read, created, updated, unchanged, reactivated, errors } = over.counts as Record<string, number>;
    expect(read).toBe(objects);
    expect((created ?? 0) + (updated ?? 0) + (unchanged ?? 0) + (reactivated ?? 0) + (errors ?? 0)).toBe(
      read,
    );
    await expectStoredEqualsDirectory(lab.database.pool, connectionId, slapd);
    const [found] = await run<Record<string, number>>(
      lab.database.pool,
      sql`
        select (select count(*)::int from object_change where run_id = ${runId} and kind = 'created') as created,
               (select count(*)::int from membership where opened_run_id = ${runId}) as opened,
               (select count(*)::int from (select group_id, member_key from membership where valid_to is null
                                           group by 1, 2 having count(*) > 1) twice) as twice,
               (select coalesce(sum(present), 0)::int from object_count where connection_id = ${connectionId}) as present`,
    );
    expect(found).toEqual({ created, opened: over.counts.membershipsAdded, twice: 0, present: objects });
    return over;
  };

  it.each(['connect', 'read', 'merge', 'memberships', 'cleanup'])(
    'SIGKILL of the worker during %s',
    async (step) => {
      const lab = await openSyncLab();
      try {
        const connectionId = await connect(lab);
        const projectId = await lab.addProject({ connectionId });
        const worker = await lab.startWorker();
        const runId = await lab.trigger(projectId);
        await stepBegun(lab, runId, step);
        await worker.kill('SIGKILL');
        await lab.startWorker();
        await expectWholeRun(lab, connectionId, runId);
      } finally {
        await lab.close();
      }
    },
    180_000,
  );

  it('a worker that is stopped past its time-out and goes on after its retry finished changes nothing', async () => {
    const lab = await openSyncLab();
    try {
      const connectionId = await connect(lab);
      const projectId = await lab.addProject({ connectionId });
      const sleeper = await lab.startWorker();
      const runId = await lab.trigger(projectId);
      await stepBegun(lab, runId, 'read');
      await sleeper.kill('SIGSTOP');
      await lab.startWorker();
      const over = await expectWholeRun(lab, connectionId, runId);
      expect(over.steps.find((step) => step.name === 'read')?.attempt).toBeGreaterThan(1);
      const snapshot = () =>
        run(
          lab.database.pool,
          sql`select (select jsonb_agg(to_jsonb(r)) from sync_run r) as runs,
                     (select jsonb_agg(to_jsonb(s) order by s.run_id, s.position) from sync_run_step s) as steps,
                     (select md5(string_agg(o::text, '' order by o.id)) from directory_object o) as objects,
                     (select md5(string_agg(m::text, '' order by m.group_id, m.member_key)) from membership m) as memberships,
                     (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'staging') as staging`,
        );
      const before = await snapshot();
      await sleeper.kill('SIGCONT');
      await until('the sleeper to notice', () => sleeper.log().includes('"step":"read"'));
      expect(await snapshot()).toEqual(before);
    } finally {
      await lab.close();
    }
  }, 180_000);

  it.each(['read', 'merge', 'memberships'])(
    'a crash of PostgreSQL during %s, which empties unlogged tables',
    async (step) => {
      const options = { directory: join(folder, `postgres-${step}`), disposable: true };
      let postgres = await startEmbeddedPostgres(options);
      await ensureDatabase(postgres, 'crash');
      const setUp = await openDatabase({ url: postgres.url('crash') });
      await setUp.migrate();
      await setUp.close();
      const lab = await openSyncLab(postgres.url('crash'));
      try {
        const connectionId = await connect(lab);
        const projectId = await lab.addProject({ connectionId });
        await lab.startWorker();
        const runId = await lab.trigger(projectId);
        await stepBegun(lab, runId, step);
        const { port } = postgres;
        await postgres.stop('immediate');
        postgres = await startEmbeddedPostgres({ ...options, port });
        expect(postgres.port).toBe(port);
        await until('the database to answer', () =>
          run(lab.database.pool, sql`select 1`).then(
            () => true,
            () => false,
          ),
        );
        await expectWholeRun(lab, connectionId, runId);
      } finally {
        await lab.close();
        await postgres.stop('immediate');
      }
    },
    180_000,
  );
});
