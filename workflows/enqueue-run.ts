// What a schedule starts: it puts a run into the project's queue and ends.
import { workflowInfo } from '@temporalio/workflow';
import { patientActivities } from './activities.ts';
import { DEFAULT_SYNC_TIMINGS, type EnqueueRunInput } from './messages.ts';

/**
 * The run itself is another workflow: Temporal appends the time to the ids of workflows that a schedule starts, so
 * that these cannot be one at a time by their id.
 */
export async function enqueueRun({ projectId }: EnqueueRunInput): Promise<void> {
  const { searchAttributes, startTime } = workflowInfo();
  const [scheduled] = (searchAttributes.TemporalScheduledStartTime as Date[] | undefined) ?? [];
  const scheduledFor = (scheduled ?? startTime).toISOString();
  await patientActivities(DEFAULT_SYNC_TIMINGS).enqueueScheduledRun({ projectId, scheduledFor });
}
