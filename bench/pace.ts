// How a run's pace develops: what it has read and merged is looked up while it goes on, from outside.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What a run had done at an instant. */
export interface PaceSample {
  /** By the database's clock. */
  seconds: number;
  done: number;
}

export interface RunSamples {
  /** Entries read. */
  read: PaceSample[];
  /** Batches merged. */
  merged: PaceSample[];
}

export interface Pace {
  /** Milliseconds a 1,000, of each tenth of the work in turn. */
  tenths: number[];
  /** Of the last tenth, as a multiple of the first one's. */
  endOfStart: number;
}

export interface RunWatch {
  /** Ends the watch. @throws Error when the database could not be asked. */
  stop(): Promise<RunSamples>;
}

const INTERVAL_MS = 50;
const PARTS = 10;

/** Watches the project's run that is under way, or will be. */
export function watchRun(databaseUrl: string, projectId: string): RunWatch {
  const ended = new AbortController();
  const sampled = sample(databaseUrl, projectId, ended.signal);
  // A failure is thrown by `stop`.
  sampled.catch(() => {});
  return {
    stop() {
      ended.abort();
      return sampled;
    },
  };
}

async function sample(databaseUrl: string, projectId: string, ended: AbortSignal): Promise<RunSamples> {
  const samples: RunSamples = { read: [], merged: [] };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    while (!ended.aborted) {
      const { rows } = await client.query<{ seconds: number; read: number; merged: number }>(SAMPLE, [
        projectId,
      ]);
      for (const { seconds, read, merged } of rows) {
        add(samples.read, { seconds, done: read });
        add(samples.merged, { seconds, done: merged });
      }
      await sleep(INTERVAL_MS, undefined, { signal: ended }).catch(() => {});
    }
    return samples;
  } finally {
    await client.end();
  }
}

const SAMPLE = `
  select extract(epoch from clock_timestamp())::float8 as seconds,
         (staged_count + rejected_count)::int as read,
         (select count(*) from sync_run_batch b where b.run_id = r.id and b.step = 'merge')::int as merged
  from sync_run r where project_id = $1 and status = 'running'`;

/** Keeps the last instant of nothing and the first one of each amount after it. */
function add(samples: PaceSample[], next: PaceSample): void {
  const last = samples.at(-1);
  if (last?.done === 0 && next.done === 0) samples.pop();
  else if (last?.done === next.done) return;
  samples.push(next);
}

/**
 * The pace of the first `total` of what was sampled, taken as even between two samples.
 * @param objects how many objects `total` stands for, where it counts batches
 * @returns null when the samples do not reach `total`, or are too few to tell tenths apart
 */
export function paceOf(samples: PaceSample[], total: number, objects = total): Pace | null {
  if (samples.length < 4 * PARTS || (samples.at(-1)?.done ?? 0) < total) return null;
  const marks = Array.from({ length: PARTS + 1 }, (_, part) => instantOf(samples, (total * part) / PARTS));
  const thousands = objects / PARTS / 1_000;
  const tenths = marks.slice(1).map((mark, part) => ((mark - (marks[part] as number)) * 1_000) / thousands);
  return { tenths, endOfStart: (tenths.at(-1) as number) / (tenths[0] as number) };
}

/** When `done` was reached. */
function instantOf(samples: PaceSample[], done: number): number {
  const after = samples.findIndex((sample) => sample.done >= done);
  const to = samples[after] as PaceSample;
  const from = samples[Math.max(0, after - 1)] as PaceSample;
  if (to.done === from.done) return to.seconds;
  return from.seconds + ((to.seconds - from.seconds) * (done - from.done)) / (to.done - from.done);
}
