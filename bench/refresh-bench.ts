// The refresh half of the benchmark of identities: what refreshing persons takes, beside one UPDATE of the same rows.
import pg from 'pg';
import { refreshPersons } from '../activities/identity-refresh/refresh-persons.ts';
import { refreshProfile } from '../activities/identity-refresh/refresh-profile.ts';
import { claimRefresh, closeRefresh, queueRefresh } from '../database/queries/identity-profiles/refreshes.ts';
import { cpuSeconds } from './cpu-time.ts';
import { benchConfig, loadPersons, PROFILE } from './load-persons.ts';
import { migrate } from './migrate.ts';
import { median } from './statistics.ts';

/** Persons a second that a refresh of all takes on at least. */
export const LEAST_PACE = 5_000;
/** Of the pace of the UPDATE. */
export const LEAST_RATIO = 0.3;

export interface Timed {
  seconds: number;
  /** Of this process and of PostgreSQL; null where it cannot be read. */
  cpuSeconds: number | null;
}

export interface RefreshReport {
  persons: number;
  /** Of those that correlation has just made, whose every column is new. */
  first: Timed & { pace: number };
  /** Medians of the rounds: a full refresh through a profile that gives everybody another value, and the UPDATE. */
  full: Timed & { pace: number };
  update: Timed;
  /** The UPDATE's time of the refresh's, and the same of processor time; medians of the rounds' ratios. */
  ratio: number;
  cpuRatio: number | null;
  rounds: { full: Timed; update: Timed }[];
}

interface RefreshBench {
  databaseUrl: string;
  postgresPid: number;
  persons: number;
  runs: number;
  say: (message: string) => void;
}

const UPDATE = `update person set attributes = attributes || jsonb_build_object('company', $1::text)`;
const ON_AND_ON = new AbortController().signal;

/** Everything runs in this process, as in a worker. @throws Error where somebody was left out or failed. */
export async function benchRefresh(bench: RefreshBench): Promise<RefreshReport> {
  const { databaseUrl, persons, runs, say } = bench;
  await migrate(databaseUrl);
  say(`Loading ${persons} persons with two accounts each …`);
  await loadPersons(databaseUrl, persons);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  try {
    const first = await timed(bench, async () =>
      requireAll(persons, await refreshPersons({ pool }, ON_AND_ON)),
    );
    say(`First refresh: ${first.seconds.toFixed(2)} s`);
    const rounds: RefreshReport['rounds'] = [];
    for (let round = 1; round <= runs; round++) rounds.push(await runRound(bench, pool, round));
    return reportOf(persons, first, rounds);
  } finally {
    await pool.end();
  }
}

/** Which comes first alternates, so that a machine that slows down favours neither. */
async function runRound(bench: RefreshBench, pool: pg.Pool, round: number) {
  const measured: Partial<RefreshReport['rounds'][number]> = {};
  const work = [
    async () => {
      measured.update = await timed(bench, () => pool.query(UPDATE, [`updated ${round}`]));
    },
    async () => {
      measured.full = await refreshAll(bench, pool, round);
    },
  ];
  for (const step of round % 2 === 1 ? work : work.reverse()) {
    await pool.query('vacuum person');
    await step();
  }
  const { full, update } = measured as RefreshReport['rounds'][number];
  bench.say(`Round ${round}: refresh ${full.seconds.toFixed(2)} s, UPDATE ${update.seconds.toFixed(2)} s`);
  return { full, update };
}

async function refreshAll(bench: RefreshBench, pool: pg.Pool, round: number): Promise<Timed> {
  await pool.query(
    'update identity_profile set identity_attribute_config = $1, updated_at = clock_timestamp() where id = $2',
    [benchConfig(round), PROFILE],
  );
  await queueRefresh(pool, { profileId: PROFILE, requestedBy: 'bench', key: null });
  return timed(bench, async () => {
    const id = (await claimRefresh(pool)) as string;
    requireAll(bench.persons, await refreshProfile({ pool }, id, ON_AND_ON));
    await closeRefresh(pool, id, null);
  });
}

function requireAll(persons: number, { done, failed }: { done: number; failed: number }): void {
  if (done !== persons || failed > 0)
    throw new Error(`${done} of ${persons} persons were refreshed, ${failed} of them with failures`);
}

async function timed({ postgresPid }: RefreshBench, work: () => Promise<unknown>): Promise<Timed> {
  const [database, own, started] = [await cpuSeconds(postgresPid), process.cpuUsage(), performance.now()];
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(own);
  const after = await cpuSeconds(postgresPid);
  const cpu = database === null || after === null ? null : after - database + (user + system) / 1e6;
  return { seconds, cpuSeconds: cpu };
}

function reportOf(persons: number, first: Timed, rounds: RefreshReport['rounds']): RefreshReport {
  const medianOf = (side: 'full' | 'update'): Timed => ({
    seconds: median(rounds.map((round) => round[side].seconds)),
    cpuSeconds: rounds.some((round) => round[side].cpuSeconds === null)
      ? null
      : median(rounds.map((round) => round[side].cpuSeconds ?? 0)),
  });
  const [full, update] = [medianOf('full'), medianOf('update')];
  const ratio = median(rounds.map((round) => round.update.seconds / round.full.seconds));
  const pace = persons / full.seconds;
  return {
    persons,
    first: { seconds: first.seconds, cpuSeconds: first.cpuSeconds, pace: persons / first.seconds },
    full: { ...full, pace },
    update,
    ratio,
    cpuRatio:
      full.cpuSeconds === null
        ? null
        : median(rounds.map((round) => (round.update.cpuSeconds ?? 0) / (round.full.cpuSeconds ?? 1))),
    rounds,
  };
}
