// All steps of an incremental run as one activity: handing each of them to Temporal would take longer than its work.
import { correlateChanges } from '../correlation/correlate-run.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { cleanUpRead } from './clean-up.ts';
import type { MergeInput } from './merge-context.ts';
import { mergeStagedMemberships } from './merge-memberships.ts';
import { mergeStagedObjects } from './merge-objects.ts';
import { type ReadResult, readStep } from './read-source.ts';
import { enterStep, runStep, type StepInput } from './run-step.ts';

export interface ChangesResult extends ReadResult {
  /**
   * `done`: with all steps; `needs approval`: all but the removals, which are listed. `read`: everything had to be
   * read, and the other steps are to follow one by one.
   */
  outcome: 'read' | 'done' | 'needs approval';
}

/** A repeated attempt reads anew; what was merged before is found unchanged, or in the ledger. */
export function syncChanges(deps: ActivityDependencies, input: StepInput): Promise<ChangesResult> {
  return runStep(deps, input, ['read', 'connect', 'stage'], async (context) => {
    const read = await readStep(context);
    if (!read.incremental) return { ...read, outcome: 'read' };
    const { readEpoch, adoptable } = read;
    const merge: MergeInput = { ...input, readEpoch, adoptable };
    await enterStep(context, 'merge');
    await mergeStagedObjects(context, merge);
    await enterStep(context, 'memberships');
    await mergeStagedMemberships(context, merge);
    await enterStep(context, 'cleanup');
    const { needsApproval } = await cleanUpRead(context, { ...merge, approved: false });
    if (needsApproval) return { ...read, outcome: 'needs approval' };
    await enterStep(context, 'correlate');
    await correlateChanges(context);
    return { ...read, outcome: 'done' };
  });
}
