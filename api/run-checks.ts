// What health says of the runs: those that wait for a person, failed ones, missed schedules, runs nobody works on,
// untold news.
import type { Pool } from 'pg';
import { countFailedProjects } from '../database/queries/failed-projects.ts';
import { undelivered } from '../database/queries/notifications/undelivered.ts';
import { overdueProjects } from '../database/queries/overdue-projects.ts';
import { type PausedRuns, pausedRuns } from '../database/queries/paused-runs.ts';
import { type WaitingPersons, waitingPersons } from '../database/queries/persons/waiting-persons.ts';
import { countStalled } from '../database/queries/stalled-runs.ts';
import { check, type HealthCheck, Unhealthy } from './health-check.ts';

export interface CountedCheck extends HealthCheck {
  /** How many there are; 0 where that cannot be told. */
  count: number;
}

export interface RunChecks {
  /** Never unhealthy for being paused: a person is waited for, which is as it should be. */
  pausedRuns: CountedCheck & PausedRuns;
  /** Never unhealthy either: a schedule that is missed by it is. */
  failedProjects: CountedCheck;
  schedules: CountedCheck;
  stalledRuns: CountedCheck;
  notifications: CountedCheck;
  /** Unhealthy when somebody has waited for very long. */
  personRefresh: CountedCheck & WaitingPersons;
}

/** A refresh of a million persons takes a few minutes. */
const LONG_WAIT_SECONDS = 1_800;

/**
 * Health is open to all: which projects and runs they are, history tells those who may know.
 * @param ready the look before these: one after the other, since a database that hangs must not be asked by many
 */
export async function runChecks(pool: Pool, ready: Promise<unknown>): Promise<RunChecks> {
  const paused = ready.then(() => pausedRuns(pool));
  const failed = paused.then(() => countFailedProjects(pool));
  const overdue = failed.then(() => overdueProjects(pool)).then(({ length }) => length);
  const stalled = overdue.then(() => countStalled(pool));
  const untold = stalled.then(() => undelivered(pool)).then(({ waiting, givenUp }) => waiting + givenUp);
  const refresh = untold.then(() => waitingPersons(pool));
  const [waiting, failedProjects, schedules, stalledRuns, notifications, personRefresh] = await Promise.all([
    pausedCheck(paused),
    failedCheck(failed),
    counted(overdue, {
      healthy: 'Every project keeps its schedule.',
      say: (count) => `${count} have not completed for longer than their schedule promises.`,
    }),
    counted(stalled, {
      healthy: 'Every run is worked on.',
      say: (count) => `Nobody works on ${count} of the open runs.`,
    }),
    counted(untold, {
      healthy: 'Every notification is taken.',
      say: (count) => `${count} not taken by their receiver.`,
    }),
    refreshCheck(refresh),
  ]);
  return { pausedRuns: waiting, failedProjects, schedules, stalledRuns, notifications, personRefresh };
}

async function pausedCheck(looked: Promise<PausedRuns>): Promise<CountedCheck & PausedRuns> {
  let found: PausedRuns = { count: 0, oldestSeconds: 0 };
  const answer = await check('The database answers.', async () => {
    found = await looked;
  });
  if (answer.status === 'unhealthy') return { ...answer, ...found };
  const hours = Math.round(found.oldestSeconds / 360) / 10;
  const message =
    found.count === 0
      ? 'No run is paused.'
      : `${found.count} paused, waiting for a person; the oldest for ${hours} h.`;
  return { ...answer, message, ...found };
}

async function refreshCheck(looked: Promise<WaitingPersons>): Promise<CountedCheck & WaitingPersons> {
  let found: WaitingPersons = { count: 0, oldestSeconds: 0 };
  const answer = await check('Nobody waits for a refresh.', async () => {
    found = await looked.catch(() => {
      throw new Unhealthy('The database does not answer.');
    });
    if (found.oldestSeconds > LONG_WAIT_SECONDS)
      throw new Unhealthy(
        `${found.count} persons wait for a refresh; the longest wait, or that of a profile, is ${Math.round(found.oldestSeconds / 60)} min.`,
      );
  });
  const waits = answer.status === 'healthy' && found.count > 0;
  return { ...answer, ...(waits && { message: `${found.count} persons wait for a refresh.` }), ...found };
}

async function failedCheck(looked: Promise<number>): Promise<CountedCheck> {
  let count = 0;
  const answer = await check('The database answers.', async () => {
    count = await looked;
  });
  if (answer.status === 'unhealthy') return { ...answer, count };
  const message =
    count === 0
      ? 'No project was left by a failed run.'
      : `The last run of ${count} failed; history has the reasons.`;
  return { ...answer, message, count };
}

async function counted(
  looked: Promise<number>,
  { healthy, say }: { healthy: string; say: (count: number) => string },
): Promise<CountedCheck> {
  let count = 0;
  const result = await check(healthy, async () => {
    count = await looked.catch(() => {
      throw new Unhealthy('The database does not answer.');
    });
    if (count > 0) throw new Unhealthy(say(count));
  });
  return { ...result, count };
}
