// The worker is killed as each step of a later run begins, of full runs and of the one activity of incremental ones
// (of first runs: sync-durability.test.ts; at random instants: npm run faults).
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { directoryEntries } from '../../bench/generate-directory.ts';
import { createRandom } from '../../bench/random.ts';
import { type Person, randomChanges } from '../faults/directory-changes.ts';
import { expectWholeState } from '../support/expect-whole-state.ts';
import { searchSlapd } from '../support/ldapsearch.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { closeGate } from '../support/step-gate.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import type { WorkerProcess } from '../support/worker.ts';

describeWithSlapd('a worker that is killed', () => {
  let slapd: Slapd;
  let lab: SyncLab;
  let worker: WorkerProcess;
  let connectionId: string;
  let projectId: string;
  let people: Person[];
  let groups: string[];
  let round = 0;

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: [...directoryEntries({ users: 200, awkward: true })].join('') });
    lab = await openSyncLab();
    const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
    connectionId = await lab.addConnection('ldap', { url, bindDn, bindPassword, baseDns: [baseDn] });
    projectId = await lab.addProject({ connectionId });
    worker = await lab.startWorker();
    await lab.runOver(await lab.trigger(projectId));
    const dns = (await searchSlapd(slapd, ['uid'])).map(({ dn }) => dn);
    people = dns
      .filter((dn) => dn.startsWith('uid='))
      .map((dn) => ({ dn, uid: dn.slice(4, dn.indexOf(',')) }));
    groups = dns.filter((dn) => dn.startsWith('cn=group-'));
  }, 60_000);

  afterAll(async () => {
    await lab?.close();
    await slapd?.stop();
  });

  // Of an incremental run, connect and stage begin with read.
  const STEPS = {
    full: ['connect', 'read', 'merge', 'memberships', 'cleanup', 'correlate'],
    incremental: ['read', 'merge', 'memberships', 'cleanup', 'correlate'],
  };
  const cases = Object.entries(STEPS).flatMap(([mode, steps]) => steps.map((step) => [mode, step] as const));

  it.each(cases)('in a %s run as step %s begins: the next one finishes it', async (mode, step) => {
    round += 1;
    await slapd.apply(randomChanges(createRandom(round), { people, groups, round, deletes: true }));
    const gate = await closeGate(lab.database.pool, step);
    const runId = await lab.trigger(projectId, { mode: mode as keyof typeof STEPS });
    await gate.reached();
    await worker.kill('SIGKILL');
    await gate.open();
    worker = await lab.startWorker();
    const over = await lab.runOver(runId).catch((error: Error) => {
      throw new Error(`${error.message}\n${lab.workerLogs()}`);
    });
    expect(over).toMatchObject({ status: 'completed', error_message: null, read_mode: mode });
    expect(over.counts.deactivated).toBeGreaterThan(0);
    expect(over.steps.find(({ name }) => name === step)?.attempt).toBeGreaterThan(1);
    await expectWholeState(lab.database.pool, connectionId, slapd);
  });
});
