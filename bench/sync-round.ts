// One round of the synchronisation benchmark: a fresh database, a first full run, one with nothing changed, two incremental ones, and all of it through a second connection.
import { changeUsers } from './change-users.ts';
import type { BenchProcess } from './child-process.ts';
import { endWith } from './clean-up.ts';
import { type Product, startProduct } from './product.ts';
import type { RestClient } from './rest-client.ts';
import { type Phase, type PhaseRunner, phaseRunner, type SyncBench } from './sync-phase.ts';
import { checkCounts, checkPersons, checkStored, createProject, runOnce, type SyncRun } from './sync-run.ts';
import { measureTwoProjects, type TwoProjects } from './two-projects.ts';
import { untilRefreshed } from './until-refreshed.ts';

export interface SyncRound {
  first: Phase;
  unchanged: Phase;
  /** CHANGED_USERS changed since, without and with the scan of ids. */
  incremental: Phase;
  scanning: Phase;
  /** The same directory as another connection, whose accounts find their persons; not in large directories. */
  secondConnection: SyncRun | null;
  /** A full run under another mapping, which changes each person; only in large directories. */
  rewritten: Phase | null;
  /** null with profiles, which need a worker a run. */
  twoProjects: TwoProjects | null;
  /** The largest of all phases, which have but one run at a time. */
  peakMemory: number | null;
}

export const CHANGED_USERS = 100;
/**
 * From here on a round ends with a run that rewrites everything, which takes longer than all before it, and stores
 * nothing a second time.
 */
const REWRITTEN_FROM_USERS = 500_000;

/** @throws Error when a run, or what it left in the database, is not what was generated. */
export async function syncRound(bench: SyncBench, round: number): Promise<SyncRound> {
  const { runtime, generated, temporalAddress } = bench;
  const { objects, memberships } = generated;
  const name = `round_${round + 1}`;
  await using stack = new AsyncDisposableStack();
  const databaseUrl = await runtime.createDatabase(name);
  await endWith(stack, () => runtime.dropDatabase(name));
  const product = await startProduct({ databaseUrl, temporalAddress, folder: runtime.folder, name }, stack);
  const projectId = await createProject(product.client, bench.source);
  const runner = phaseRunner(bench, product, databaseUrl, projectId);

  const first = await runner.run('first');
  checkCounts('the first run', first.run, {
    read: objects,
    created: objects,
    membershipsAdded: memberships,
  });
  await checkStored(databaseUrl, generated);
  const unchanged = await runner.run('unchanged');
  checkCounts('the second run', unchanged.run, { read: objects, unchanged: objects });
  await checkStored(databaseUrl, generated);
  const changed = async (phase: 'incremental' | 'scanning', idScanEveryRuns: number) => {
    await product.client.patch(`/api/sync/projects/${projectId}`, { idScanEveryRuns });
    await changeUsers(databaseUrl, bench.slapd, CHANGED_USERS, `${phase} ${name}`);
    const measured = await runner.run(phase);
    // What changed just before the last run comes along again, and is found unchanged.
    const { read = 0 } = measured.run.counts;
    checkCounts(`the ${phase} run`, measured.run, {
      read,
      updated: CHANGED_USERS,
      unchanged: read - CHANGED_USERS,
    });
    if (read > 4 * CHANGED_USERS) throw new Error(`the ${phase} run read ${read} entries`);
    return measured;
  };
  const incremental = await changed('incremental', 0);
  const scanning = await changed('scanning', 1);
  const phases = [first, unchanged, incremental, scanning];
  const isLarge = generated.users >= REWRITTEN_FROM_USERS;
  const secondConnection =
    isLarge || bench.options.profile !== null
      ? null
      : await syncSecondConnection(bench, product, await runner.worker(), databaseUrl);
  const twoProjects =
    bench.options.profile === null
      ? await measureTwoProjects(bench, product, await runner.worker(), databaseUrl, round)
      : null;
  const rewritten = isLarge ? await rewrite(product.client, projectId, runner, objects) : null;
  if (rewritten) phases.push(rewritten);
  const peaks = phases.map(({ peakMemory }) => peakMemory).filter((peak) => peak !== null);
  return {
    first,
    unchanged,
    incremental,
    scanning,
    secondConnection,
    rewritten,
    twoProjects,
    peakMemory: peaks.length > 0 ? Math.max(...peaks) : null,
  };
}

/** Reads the directory once more, as if it were another: each account belongs to somebody who is there already. */
async function syncSecondConnection(
  { source, generated }: SyncBench,
  product: Product,
  worker: BenchProcess,
  databaseUrl: string,
): Promise<SyncRun> {
  const { objects, memberships, users } = generated;
  const part = { name: 'Once more', baseDns: [source.baseDn] };
  const projectId = await createProject(product.client, source, part);
  await untilRefreshed(databaseUrl);
  const run = await runOnce(product.client, projectId, worker.assertRunning);
  checkCounts('the run of the second connection', run, {
    read: objects,
    created: objects,
    membershipsAdded: memberships,
  });
  await checkPersons(databaseUrl, { persons: users, accounts: 2 * users });
  return run;
}

/** Fills a field of all people from another attribute, so that a full run merges every object in batches. */
async function rewrite(
  client: RestClient,
  projectId: string,
  runner: PhaseRunner,
  objects: number,
): Promise<Phase> {
  await client.patch(`/api/sync/projects/${projectId}`, {
    attributeMappings: [{ target: 'company', source: 'l' }],
  });
  const rewritten = await runner.run('rewritten');
  const { updated = 0 } = rewritten.run.counts;
  checkCounts('the rewriting run', rewritten.run, { read: objects, updated, unchanged: objects - updated });
  return rewritten;
}
