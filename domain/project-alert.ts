// When somebody is told that a project's sync is in trouble or well again: once for each change, never for more of the same.

/** What became of a run, or of the time in which one should have completed. */
export type ProjectEvent = 'completed' | 'failed' | 'paused' | 'cancelled' | 'overdue';

/** The trouble a project is in; `cancelled`: its paused run was given up, and none has completed since. */
export type AlertState = 'failed' | 'paused' | 'overdue' | 'cancelled';

const NOTIFICATION_TYPES = [
  'sync.run.failed',
  'sync.run.paused',
  'sync.run.recovered',
  'sync.project.overdue',
] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

export interface AlertChange {
  /** null: all is well. */
  state: AlertState | null;
  /** null: nobody is told. */
  tell: NotificationType | null;
}

/**
 * The state after `event`, and what is told. A project that is told to be failing stays silent until it completes or
 * pauses; one that failed or paused is not called overdue as well, since that is the same trouble.
 */
export function alertAfter(state: AlertState | null, event: ProjectEvent): AlertChange {
  switch (event) {
    case 'completed':
      return { state: null, tell: state ? 'sync.run.recovered' : null };
    case 'failed':
      return { state: 'failed', tell: state === 'failed' ? null : 'sync.run.failed' };
    case 'paused':
      return { state: 'paused', tell: state === 'paused' ? null : 'sync.run.paused' };
    case 'cancelled':
      return { state: state === 'paused' ? 'cancelled' : state, tell: null };
    case 'overdue':
      return state === null || state === 'cancelled'
        ? { state: 'overdue', tell: 'sync.project.overdue' }
        : { state, tell: null };
  }
}
