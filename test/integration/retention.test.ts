// What settings do not keep any longer goes with the API process's sweep, and what is needed stays.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import {
  insertChange,
  insertConnection,
  insertProject,
  insertRun,
  insertUser,
} from '../support/factories.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

let lab: SyncLab;
const processes: ApiProcess[] = [];

beforeAll(async () => {
  lab = await openSyncLab();
  mkdirSync(join(lab.home, 'import'), { recursive: true });
}, 60_000);

afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
});

afterAll(() => lab?.close());

const days = (count: number) => new Date(Date.now() - count * 86_400_000);

/** An API process that keeps what it is told to for so many days. */
function startApi(kept: { changes?: number; runs?: number; dryRuns?: number }): ApiProcess {
  const environment = {
    ...(kept.changes !== undefined && { IDENTITY_CENTER_KEEP_CHANGES_DAYS: String(kept.changes) }),
    ...(kept.runs !== undefined && { IDENTITY_CENTER_KEEP_RUNS_DAYS: String(kept.runs) }),
    ...(kept.dryRuns !== undefined && { IDENTITY_CENTER_KEEP_DRY_RUNS_DAYS: String(kept.dryRuns) }),
  };
  const api = startApiProcess({ ...lab, environment });
  processes.push(api);
  return api;
}

const swept = (api: ApiProcess, what: string) => until(what, () => api.log().includes(what), 30_000);

const rowsOf = async (id: string) =>
  (await run(lab.database.pool, sql`select from sync_run where id = ${id}::uuid`)).length;

/** Makes it look as if a run had been `ago` days ago, with all that it wrote. */
async function age(runId: string, ago: number): Promise<void> {
  const { pool } = lab.database;
  const shift = sql`make_interval(days => ${ago})`;
  await run(
    pool,
    sql`update sync_run set queued_at = queued_at - ${shift}, started_at = started_at - ${shift},
          finished_at = finished_at - ${shift} where id = ${runId}`,
  );
  await run(pool, sql`update object_change set at = at - ${shift} where run_id = ${runId}`);
  await run(
    pool,
    sql`update membership set valid_from = valid_from - ${shift} where opened_run_id = ${runId}`,
  );
  await run(pool, sql`update membership set valid_to = valid_to - ${shift} where closed_run_id = ${runId}`);
}

describe('after years of a project', () => {
  let runs: string[];
  let dryRun: string;

  const people = (mail: string, members: string) =>
    writeFileSync(
      join(lab.home, 'import', 'people.csv'),
      `id,class,displayName,mail,member\nu1,user,Ann,${mail},\nu2,user,Bob,bob@example.org,\ng1,group,Staff,,${members}\n`,
    );

  beforeAll(async () => {
    const worker = await lab.startWorker();
    const connectionId = await lab.addConnection('csv', {
      file: 'people.csv',
      keyColumn: 'id',
      classColumn: 'class',
      multiValueSeparator: ';',
    });
    const projectId = await lab.addProject({ connectionId });
    runs = [];
    const sync = async (ago: number, mail: string, members: string, dry = false) => {
      people(mail, members);
      const runId = await lab.trigger(projectId, { dryRun: dry });
      expect(await lab.runOver(runId)).toMatchObject({ status: 'completed' });
      await age(runId, ago);
      return runId;
    };
    runs.push(await sync(900, 'a@example.org', 'u1;u2'));
    runs.push(await sync(890, 'b@example.org', 'u1;u2'));
    runs.push(await sync(880, 'b@example.org', 'u1'));
    runs.push(await sync(50, 'c@example.org', 'u1'));
    dryRun = await sync(40, 'd@example.org', 'u1', true);
    runs.push(await sync(20, 'c@example.org', 'u1'));
    // Older than all, and not over: nobody works on them any more.
    await worker.stop();
    for (const status of ['queued', 'paused'])
      runs.push(
        await insertRun(
          lab.database.pool,
          {
            projectId: status === 'paused' ? projectId : await lab.addProject({ connectionId }),
            connectionId,
          },
          { status, queued_at: days(1_000), ...(status === 'paused' && { started_at: days(10) }) },
        ),
      );
  }, 120_000);

  const changesOf = async (api: ApiProcess, path: string) => {
    const { status, body } = await api.get(`${path}/changes`);
    expect(status).toBe(200);
    return body.data.map(({ runId, kind }: { runId: string; kind: string }) => [runs.indexOf(runId), kind]);
  };
  const ann = async (api: ApiProcess) => (await api.get('/api/users?search=Ann')).body.data[0].id;
  const left = async () => {
    const found: number[] = [];
    for (const [index, id] of runs.entries()) if ((await rowsOf(id)) > 0) found.push(index);
    return found;
  };

  it('everything that changed is still there, and dry runs have lost their lists', async () => {
    const api = startApi({});
    await swept(api, 'lists of old dry runs forgotten');
    // Memberships are no changes of objects: their ranges tell of them, and nothing rests on that run.
    await until('the run that changed no object to go', async () => (await rowsOf(runs[2] as string)) === 0);
    expect(await left()).toEqual([0, 1, 3, 4, 5, 6]);
    expect((await api.get(`/api/sync/history/${dryRun}`)).body.data).toMatchObject({
      counts: { updated: 1 },
    });
    expect((await api.get(`/api/sync/history/${dryRun}/changes`)).body.data).toEqual([]);
    const id = await ann(api);
    expect(await changesOf(api, `/api/objects/${id}`)).toEqual([
      [3, 'updated'],
      [1, 'updated'],
      [0, 'created'],
    ]);
  }, 60_000);

  it('changes go when a setting says so, then the runs that made them; who was in which group stays known', async () => {
    const api = startApi({ changes: 365, runs: 10 });
    await swept(api, 'old runs forgotten');
    expect(api.log()).toContain('"changes":4');
    // The first complete one of its connection, one whose changes are kept, the last complete one of its project, and
    // those that are not over.
    expect(await left()).toEqual([0, 3, 4, 5, 6]);
    const id = await ann(api);
    expect(await changesOf(api, `/api/objects/${id}`)).toEqual([[3, 'updated']]);
    expect((await api.get(`/api/sync/history/${runs[1]}`)).status).toBe(404);
    const first = (await api.get(`/api/sync/history/${runs[0]}`)).body.data;
    expect(first).toMatchObject({
      counts: { created: 3 },
      notice: expect.stringContaining('no longer kept'),
      steps: expect.arrayContaining([expect.objectContaining({ name: 'merge', status: 'completed' })]),
    });
    expect(await changesOf(api, `/api/sync/history/${runs[0]}`)).toEqual([]);
    expect((await changesOf(api, `/api/sync/history/${runs[3]}`)).length).toBe(1);
    const group = (await api.get('/api/groups?search=Staff')).body.data[0].id;
    const members = async (ago: number) =>
      (await api.get(`/api/groups/${group}/members?asOf=${days(ago).toISOString()}`)).body.data.map(
        ({ name }: { name: string }) => name,
      );
    expect(await members(885)).toEqual(['Ann', 'Bob']);
    expect(await members(60)).toEqual(['Ann']);
  }, 60_000);
});

describe('many old changes', () => {
  const OBJECTS = 20_000;
  const RUNS = 3;
  let connectionId: string;

  beforeAll(async () => {
    const { pool } = lab.database;
    connectionId = await insertConnection(pool);
    const projectId = await insertProject(pool, connectionId);
    const objectId = await insertUser(pool, connectionId, { display_name: 'Everlasting' });
    for (let index = 0; index < RUNS + 1; index += 1) {
      const started = days(500 - index);
      const runId = await insertRun(
        pool,
        { projectId, connectionId },
        { started_at: started, finished_at: started },
      );
      await insertChange(pool, {
        connectionId,
        objectId,
        runId,
        at: started,
        kind: index ? 'updated' : 'created',
      });
      await run(
        pool,
        sql`insert into object_change (run_id, connection_id, object_id, at, kind)
            select ${runId}::uuid, ${connectionId}::uuid, ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, ${started},
                   ${index ? 'updated' : 'created'} from generate_series(1, ${OBJECTS}) n`,
      );
    }
    await run(
      pool,
      sql`update sync_run set started_at = now(), finished_at = now() where id = (
      select id from sync_run where connection_id = ${connectionId} order by started_at desc limit 1)`,
    );
  }, 60_000);

  it('go a batch at a time, in order, whoever is killed in between', async () => {
    const { pool } = lab.database;
    const state = async () =>
      (
        await run<{ total: number; orphans: number; disorder: number }>(
          pool,
          sql`
            select count(*)::int as total,
              count(*) filter (where not exists (select from sync_run r where r.id = c.run_id and r.keeps_changes))::int as orphans,
              count(*) filter (where c.kind = 'created' and (
                select count(*) from object_change o where o.connection_id = c.connection_id and o.object_id = c.object_id) <= ${RUNS})::int as disorder
            from object_change c where c.connection_id = ${connectionId}`,
        )
      )[0];
    const all = (OBJECTS + 1) * (RUNS + 1);
    // Each batch takes a moment, so that the kills come in the middle however fast the machine is.
    await pool.query(`
      create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.2); return null; end $$;
      create trigger linger after delete on object_change for each statement execute function linger()`);
    const seen = new Set<number>();
    for (let kills = 0; kills < 2; kills += 1) {
      const before = (await state())?.total;
      const both = [startApi({ changes: 365 }), startApi({ changes: 365 })];
      await until('some to be forgotten', async () => (await state())?.total !== before, 30_000, 5);
      await Promise.all(both.map((each) => each.kill()));
      const { total, orphans, disorder } = (await state()) ?? {};
      expect({ orphans, disorder }).toEqual({ orphans: 0, disorder: 0 });
      seen.add(total as number);
    }
    expect(seen.size).toBe(2);
    expect(Math.max(...seen)).toBeLessThan(all);
    const last = startApi({ changes: 365 });
    await until('all to be forgotten', async () => (await state())?.total === OBJECTS + 1, 30_000);
    const { body } = await last.get('/api/users?search=Everlasting');
    const listed = (await last.get(`/api/objects/${body.data[0].id}/changes`)).body.data;
    expect(listed.map(({ kind }: { kind: string }) => kind)).toEqual(['updated']);
  }, 120_000);
});

describe('what a run left in staging', () => {
  it('goes an hour after the run, and what an open one has stays', async () => {
    const { pool } = lab.database;
    const connectionId = await insertConnection(pool);
    const tables: string[] = [];
    for (const status of ['failed', 'running', 'completed']) {
      const projectId = await insertProject(pool, connectionId);
      const finished =
        status === 'running' ? {} : { finished_at: status === 'failed' ? days(1) : new Date() };
      const id = await insertRun(pool, { projectId, connectionId }, { status, ...finished });
      const table = `staging.entry_${id.replaceAll('-', '')}_2000001`;
      await pool.query(`create table ${table} ()`);
      tables.push(table);
    }
    const there = async () => {
      const found = await run<{ found: boolean }>(
        pool,
        sql`select to_regclass(name) is not null as found from unnest(${tables}::text[]) name`,
      );
      return found.map(({ found }) => found);
    };
    startApi({});
    await until('what is left behind to go', async () => !(await there())[0], 30_000);
    expect(await there()).toEqual([false, true, true]);
  }, 60_000);
});
