// Names of refreshes that API, worker and workflow share.
import { defineQuery } from '@temporalio/workflow';
import type { SyncTimings } from './messages.ts';

/** One workflow a profile works off its queue of refreshes. */
export const IDENTITY_REFRESH_WORKFLOW = 'identityRefresh';

export function identityRefreshWorkflowId(profileId: string): string {
  return `identity-refresh:${profileId}`;
}

export interface IdentityRefreshInput {
  profileId: string;
  timings: SyncTimings;
}

export interface IdentityRefreshProgress {
  refreshId: string;
  /** About how many persons there are to refresh. */
  total: number;
  done: number;
  failed: number;
}

/** Of the refresh that is going on; null before the first. */
export const refreshProgressQuery = defineQuery<IdentityRefreshProgress | null>('progress');
