// What is told about a project's syncs, the same to webhooks and by mail: names, ids, counts and reasons, nothing of any person.
import type { AlertState, NotificationType } from './project-alert.ts';

export interface Notification {
  /** The same at every attempt to deliver it, so that a receiver can drop repeats. */
  id: string;
  type: NotificationType;
  at: Date;
  data: NotificationData;
}

/** Times are RFC 3339 in UTC. */
export interface NotificationData {
  project: { id: string; name: string };
  /** The run that failed, paused or completed; null when none did for too long. */
  run: {
    id: string;
    status: 'completed' | 'failed' | 'paused';
    mode: string;
    trigger: string;
    queuedAt: string;
    startedAt: string | null;
    finishedAt: string | null;
    pauseReason: string | null;
    /** How many objects wait to be removed, where that is why it paused. */
    pendingRemovals: number | null;
    error: { code: string; message: string } | null;
  } | null;
  /** What was told last of this project, and since when that has been so; null when all was well. */
  previous: { state: AlertState; since: string } | null;
}
