// A run and its steps as people read them.
import type { RunDetails } from './follow-run.ts';
import { type Column, duration, safeText, shortTime, textList, textTable } from './text-table.ts';

type Step = RunDetails['steps'][number];

const STEPS: Column<Step>[] = [
  ['STEP', ({ name }) => name],
  ['STATUS', ({ status }) => status],
  ['ATTEMPT', ({ attempt }) => attempt],
  ['TOOK', (step) => duration(lengthOf(step))],
  ['COUNTS', ({ counts }) => countsText(counts) || null],
];

const STEP_ERROR: Column<Step> = ['ERROR', ({ error }) => error && `${error.code}: ${error.message}`];

/** The run, then its steps, then what would help where it did not complete. */
export function describeRun(run: RunDetails): string {
  const parts = [runText(run)];
  if (run.steps.length > 0) {
    const failed = run.steps.some(({ error }) => error);
    parts.push(textTable(run.steps, failed ? [...STEPS, STEP_ERROR] : STEPS));
  }
  if (run.status === 'paused') {
    parts.push(
      `The run waits for somebody to resume or cancel it (${safeText(run.pauseReason ?? 'paused')}).`,
    );
  }
  return parts.join('\n\n');
}

function runText(run: RunDetails): string {
  return textList([
    ['Run', run.id],
    ['Project', run.projectName],
    ['Status', run.status + (run.pauseReason ? ` (${run.pauseReason})` : '')],
    ['Error', run.error && `${run.error.code}: ${run.error.message}`],
    [
      'Mode',
      run.mode +
        (run.dryRun ? ', dry run: nothing was changed' : '') +
        (run.overrideDeleteThreshold ? ', delete threshold overridden' : ''),
    ],
    ['Started by', run.triggeredBy ? `${run.triggeredBy} (${run.trigger})` : run.trigger],
    ['Note', run.note],
    ['Notice', run.notice],
    ['Queued', shortTime(run.queuedAt)],
    ['Started', shortTime(run.startedAt)],
    ['Finished', shortTime(run.finishedAt)],
    ['Took', duration(run.durationMs)],
    ['Counts', countsText(run.counts) || 'nothing read'],
  ]);
}

/** `read 12, created 3`: those that are not zero. */
export function countsText(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function lengthOf({ startedAt, finishedAt }: Step): number | null {
  return startedAt && finishedAt ? Date.parse(finishedAt) - Date.parse(startedAt) : null;
}
