// Two projects that read two parts of one directory: at once, and one after the other.
import type { BenchProcess } from './child-process.ts';
import { baseDnOfSite, peopleOfSite, SITE_COUNT } from './directory-people.ts';
import type { Product } from './product.ts';
import type { SyncBench } from './sync-phase.ts';
import { checkCounts, createProject, runOnce, type SyncRun } from './sync-run.ts';
import { untilRefreshed } from './until-refreshed.ts';

/** Seconds from the start of the first run to the end of the last, and those of both runs by themselves. */
export interface PairTimes {
  atOnce: number;
  inTurn: number;
}

export interface TwoProjects {
  /** How many people both read together. */
  users: number;
  first: PairTimes;
  unchanged: PairTimes;
}

interface Part {
  projectId: string;
  users: number;
}

/** About how many people each project reads: enough to tell two times apart, few enough to be done soon. */
const USERS_PER_PROJECT = 25_000;

/**
 * Each project has a connection of its own and people of its own; the projects that run at once read what those did
 * that ran in turn. Which comes first alternates, so that neither has the quieter machine.
 * @throws Error when a run brings anything but its part
 */
export async function measureTwoProjects(
  bench: SyncBench,
  product: Product,
  worker: BenchProcess,
  databaseUrl: string,
  round: number,
): Promise<TwoProjects> {
  const users = bench.generated.users;
  const sites = Math.max(1, Math.min(SITE_COUNT / 2, Math.round(USERS_PER_PROJECT / (users / SITE_COUNT))));
  const pair = (name: string) =>
    Promise.all([
      createPart(bench, product, `${name} A`, 0, sites),
      createPart(bench, product, `${name} B`, sites, 2 * sites),
    ]);
  const [inTurn, atOnce] = [await pair('In turn'), await pair('At once')];
  const run = async (part: Part, counts: 'created' | 'unchanged'): Promise<SyncRun> => {
    const done = await runOnce(product.client, part.projectId, worker.assertRunning);
    checkCounts('one of two projects', done, { read: part.users, [counts]: part.users });
    return done;
  };
  const measure = async (counts: 'created' | 'unchanged'): Promise<PairTimes> => {
    const times = { atOnce: 0, inTurn: 0 };
    const ways = [
      async () => {
        for (const part of inTurn) times.inTurn += (await run(part, counts)).seconds;
      },
      async () => {
        times.atOnce = spanOf(await Promise.all(atOnce.map((part) => run(part, counts))));
      },
    ];
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      await untilRefreshed(databaseUrl);
      await way();
    }
    return times;
  };
  return {
    users: inTurn[0].users + inTurn[1].users,
    first: await measure('created'),
    unchanged: await measure('unchanged'),
  };
}

/** A project of its own connection, for the people of the sites from `from` up to `to`. */
async function createPart(
  bench: SyncBench,
  product: Product,
  name: string,
  from: number,
  to: number,
): Promise<Part> {
  const sites = Array.from({ length: to - from }, (_, index) => from + index);
  const baseDns = sites.map((site) => baseDnOfSite(bench.source.baseDn, site));
  const scopes = [{ objectClass: 'user', baseDn: null, filter: null }];
  return {
    projectId: await createProject(product.client, bench.source, { name, baseDns, scopes }),
    users: sites.reduce((sum, site) => sum + peopleOfSite(bench.generated.users, site), 0),
  };
}

function spanOf(runs: SyncRun[]): number {
  const start = Math.min(...runs.map((run) => run.startedAt));
  return (Math.max(...runs.map((run) => run.startedAt + run.seconds * 1_000)) - start) / 1_000;
}
