// People pause, resume and cancel runs at every step, and what is stored stays whole.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { lockCorrelation } from '../../database/queries/correlation/lock.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { transaction } from '../../database/sql.ts';
import { resumeRunSignal, syncProjectWorkflowId } from '../../workflows/messages.ts';
import { expectStoredEqualsDirectory } from '../support/compare-state.ts';
import { testEnvironment } from '../support/environment.ts';
import { OVER, type Platform, startPlatform } from '../support/platform.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { closeGate } from '../support/step-gate.ts';
import { until } from '../support/until.ts';

const person = (uid: string) =>
  `dn: uid=${uid},dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n`;
const PEOPLE = Array.from({ length: 12 }, (_, at) => `p${at}`);
/** Those that leave while the tests go on. */
const LEAVING = Array.from({ length: 22 }, (_, at) => `leaving${at}`);
/** Where each kind of run is interrupted; an incremental one connects when it reads. */
const STEPS = {
  full: ['connect', 'read', 'merge', 'memberships', 'cleanup', 'correlate'],
  incremental: ['read', 'merge', 'memberships', 'cleanup', 'correlate'],
};
const INTERRUPTED = Object.entries(STEPS).flatMap(([mode, steps]) =>
  steps.map((step) => [mode, step] as const),
);
/** These wait for another session's lock, the others for the directory. */
const LOCKING = ['merge', 'memberships', 'correlate'];
const LDIF = [
  ...LEAVING.map(person),
  ...PEOPLE.map(person),
  `dn: cn=staff,dc=example,dc=org\nobjectClass: groupOfNames\ncn: staff\n${PEOPLE.slice(1)
    .map((uid) => `member: uid=${uid},dc=example,dc=org\n`)
    .join('')}`,
].join('\n');

describeWithSlapd('runs that people pause', () => {
  let slapd: Slapd;
  let platform: Platform;
  let ids: { connectionId: string; projectId: string };
  let temporal: Client;
  let changes = 0;

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: LDIF });
    platform = await startPlatform();
    temporal = new Client({
      connection: await Connection.connect({ address: testEnvironment().temporalAddress }),
    });
    const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
    const config = { url, bindDn, bindPassword, baseDns: [baseDn] };
    ids = await platform.addProject({ type: 'ldap', config });
    await platform.sync(ids.projectId);
  }, 120_000);

  afterAll(async () => {
    await temporal?.connection.close();
    await platform?.close();
    await slapd?.stop();
  });

  // Each run has something to merge.
  beforeEach(async () => {
    changes += 1;
    await slapd.apply(`dn: uid=p1,dc=example,dc=org
changetype: modify
replace: title
title: ${changes}

${person(`new${changes}`).replace('objectClass', 'changetype: add\nobjectClass')}
dn: cn=staff,dc=example,dc=org
changetype: modify
add: member
member: uid=new${changes},dc=example,dc=org
`);
  });

  const start = async (mode = 'full'): Promise<string> =>
    (await platform.api.post(`/api/sync/projects/${ids.projectId}/run`, { mode })).body.data.id;
  const tell = async (runId: string, what: 'pause' | 'resume' | 'cancel') =>
    (await platform.api.post(`/api/sync/history/${runId}/${what}`)).status;
  const sessionsOf = async (runId: string) =>
    (
      await platform.api.database.pool.query(
        `select from pg_stat_activity where application_name like $1 and state <> 'idle'`,
        [`sync ${runId}%`],
      )
    ).rows.length;

  /** Stops the run in the middle of `step`, and calls `work` while it stands there. */
  async function inTheMiddleOf(
    step: string,
    work: (runId: string) => Promise<void>,
    mode = 'full',
  ): Promise<string> {
    const { pool } = platform.api.database;
    const gate = await closeGate(pool, step);
    const runId = await start(mode);
    await gate.reached();
    if (LOCKING.includes(step))
      await transaction(pool, async (client) => {
        if (step === 'correlate') await lockCorrelation(client);
        else await lockConnection(client, ids.connectionId);
        await gate.open();
        await work(runId);
      });
    else {
      process.kill(slapd.pid, 'SIGSTOP');
      await gate.open();
      await work(runId).finally(() => process.kill(slapd.pid, 'SIGCONT'));
    }
    return runId;
  }

  it.each(INTERRUPTED)(
    'in a %s run in %s: it waits without holding anything, and completes when it is resumed',
    async (mode, step) => {
      // Something to look up once more, so that cleanup asks the directory too.
      await slapd.apply(`dn: uid=${LEAVING.pop()},dc=example,dc=org\nchangetype: delete\n`);
      const runId = await inTheMiddleOf(
        step,
        async (id) => {
          expect(await tell(id, 'pause')).toBe(202);
          await platform.runWith(id, ['paused']);
        },
        mode,
      );
      const paused = await platform.runWith(runId, ['paused', ...OVER]);
      expect(paused).toMatchObject({ status: 'paused', pauseReason: 'operator', finishedAt: null });
      expect(await sessionsOf(runId)).toBe(0);
      const health = await until('health to tell of it', async () => {
        const { body } = await platform.api.get('/api/health');
        return body.checks.pausedRuns.count === 1 ? body : null;
      });
      expect(health).toMatchObject({ checks: { pausedRuns: { status: 'healthy' } } });
      expect(await tell(runId, 'pause')).toBe(409);
      expect(await tell(runId, 'resume')).toBe(202);
      const over = await platform.runWith(runId, OVER);
      expect(over).toMatchObject({ status: 'completed', pauseReason: null, pausedAt: null });
      expect(over.counts).toMatchObject({ created: 1, updated: 1, membershipsAdded: 1, deactivated: 1 });
      await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
    },
    60_000,
  );

  it.each(INTERRUPTED)(
    'a %s run cancelled in %s: the next run finds everything whole',
    async (mode, step) => {
      await slapd.apply(`dn: uid=${LEAVING.pop()},dc=example,dc=org\nchangetype: delete\n`);
      const runId = await inTheMiddleOf(
        step,
        async (id) => {
          expect(await tell(id, 'cancel')).toBe(202);
          await platform.runWith(id, OVER);
        },
        mode,
      );
      expect(await platform.runWith(runId, OVER)).toMatchObject({ status: 'cancelled' });
      expect(await platform.sync(ids.projectId)).toMatchObject({ status: 'completed' });
      await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
    },
    60_000,
  );

  it('cancelled while it is paused, it lets the next run begin', async () => {
    const runId = await inTheMiddleOf('merge', async (id) => {
      await tell(id, 'pause');
    });
    await platform.runWith(runId, ['paused']);
    const next = await start();
    expect((await platform.api.get(`/api/sync/history/${next}`)).body.data.status).toBe('queued');
    expect(await tell(next, 'pause')).toBe(409);
    expect(await tell(runId, 'cancel')).toBe(202);
    expect(await platform.runWith(runId, OVER)).toMatchObject({ status: 'cancelled', pausedAt: null });
    expect(await platform.runWith(next, OVER)).toMatchObject({ status: 'completed' });
    await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
  }, 60_000);

  it('resumed twice by mistake, it approves no removals', async () => {
    const gone = PEOPLE.slice(2, 7).map((uid) => `dn: uid=${uid},dc=example,dc=org\nchangetype: delete\n`);
    await slapd.apply(gone.join('\n'));
    const runId = await inTheMiddleOf('memberships', async (id) => {
      await tell(id, 'pause');
    });
    await platform.runWith(runId, ['paused']);
    expect(await Promise.all([tell(runId, 'resume'), tell(runId, 'resume')])).toContain(202);
    const waiting = await until('the run to pause at the threshold', async () => {
      const { body } = await platform.api.get(`/api/sync/history/${runId}`);
      return body.data.pauseReason === 'delete_threshold' || OVER.includes(body.data.status)
        ? body.data
        : null;
    });
    expect(waiting).toMatchObject({ status: 'paused', pauseReason: 'delete_threshold' });
    const [{ pauses }] = (
      await platform.api.database.pool.query('select pauses from sync_run where id = $1', [runId])
    ).rows;
    const workflow = temporal.workflow.getHandle(syncProjectWorkflowId(ids.projectId));
    await workflow.signal(resumeRunSignal, { runId, pause: pauses - 1 });
    const listed = await platform.api.get(`/api/sync/history/${runId}/pending-removals?pageSize=2`);
    expect(listed.body).toMatchObject({
      totalCount: 5,
      data: [
        {
          objectClass: 'user',
          name: 'p2',
          distinguishedName: 'uid=p2,dc=example,dc=org',
          sourceId: expect.stringMatching(/-/),
          approved: false,
        },
        { name: 'p3' },
      ],
    });
    const [first] = listed.body.data;
    expect((await platform.api.get(`/api/users/${first.objectId}`)).body.data.removedAt).toBeNull();
    expect(await tell(runId, 'resume')).toBe(202);
    const over = await platform.runWith(runId, OVER);
    expect(over).toMatchObject({ status: 'completed', counts: { deactivated: 5 } });
    await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
  }, 60_000);

  it('stays paused when its workflow is lost, and since the same time', async () => {
    const runId = await inTheMiddleOf('merge', async (id) => {
      await tell(id, 'pause');
    });
    const before = await platform.runWith(runId, ['paused']);
    const workflow = temporal.workflow.getHandle(syncProjectWorkflowId(ids.projectId));
    await workflow.terminate('lost, for a test');
    const next = await start();
    const after = await until('the run to be paused by another workflow', async () => {
      const { body } = await platform.api.get(`/api/sync/history/${runId}`);
      const { status, temporalRunId } = body.data;
      return status === 'paused' && temporalRunId !== before.temporalRunId ? body.data : null;
    });
    expect(after).toMatchObject({ pauseReason: 'operator', pausedAt: before.pausedAt });
    expect(await tell(runId, 'resume')).toBe(202);
    expect(await platform.runWith(runId, OVER)).toMatchObject({ status: 'completed' });
    expect(await platform.runWith(next, OVER)).toMatchObject({ status: 'completed' });
  }, 60_000);
});

describeWithSlapd('a run that nobody resumes', () => {
  it('is cancelled in time, says so, and the queue goes on', async () => {
    const slapd = await startSlapd({ ldif: LDIF });
    const platform = await startPlatform({ IDENTITY_CENTER_PAUSE_TIMEOUT_HOURS: '0.0003' });
    try {
      const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
      const { projectId } = await platform.addProject({
        type: 'ldap',
        config: { url, bindDn, bindPassword, baseDns: [baseDn] },
      });
      await platform.sync(projectId);
      for (const uid of PEOPLE.slice(2, 7))
        await slapd.apply(`dn: uid=${uid},dc=example,dc=org\nchangetype: delete\n`);
      const expired = await platform.sync(projectId);
      expect(expired).toMatchObject({ status: 'cancelled', error: null, counts: { deactivated: 0 } });
      expect(expired.notice).toMatch(
        /^Cancelled: nobody approved the removals within .* nothing was removed/,
      );
      const forced = await platform.sync(projectId, { overrideDeleteThreshold: true });
      expect(forced).toMatchObject({ status: 'completed', notice: null, counts: { deactivated: 5 } });
    } finally {
      await platform.close();
      await slapd.stop();
    }
  }, 60_000);
});
