// The words of a notification by mail.
import type { Notification } from '../../domain/notification.ts';
import type { NotificationType } from '../../domain/project-alert.ts';

const HEADLINES: Record<NotificationType, string> = {
  'sync.run.failed': 'sync failed',
  'sync.run.paused': 'sync waits for approval',
  'sync.run.recovered': 'sync works again',
  'sync.project.overdue': 'sync is overdue',
};

export function subjectOf({ type, data }: Notification): string {
  return `[IdentityCenter] ${data.project.name}: ${HEADLINES[type]}`;
}

/** Plain text; ends with what a person needs to find the run. */
export function textOf(notification: Notification): string {
  const { project, run, previous } = notification.data;
  const facts = [
    ['Project', `${project.name} (${project.id})`],
    ['Run', run?.id],
    ['Started', run?.startedAt],
    ['Finished', run?.finishedAt],
    ['Before', previous && `${previous.state} since ${previous.since}`],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
  return [
    sentenceOf(notification),
    '',
    ...facts.map(([name, value]) => `${name}: ${value}`),
    '',
    'This is told once. What becomes of it is told when it changes.',
    '',
  ].join('\n');
}

function sentenceOf({ type, data: { project, run } }: Notification): string {
  switch (type) {
    case 'sync.run.failed':
      return `The sync of ${project.name} failed (${run?.error?.code}): ${run?.error?.message}`;
    case 'sync.run.paused':
      return run?.pendingRemovals == null
        ? `The sync of ${project.name} is paused (${run?.pauseReason}) and waits for somebody to resume or cancel it.`
        : `The sync of ${project.name} would remove ${run.pendingRemovals} objects, more than the project allows. It waits for somebody to resume it, which approves that, or to cancel it.`;
    case 'sync.run.recovered':
      return `The sync of ${project.name} completed again.`;
    case 'sync.project.overdue':
      return `The sync of ${project.name} has not completed for longer than its schedule promises.`;
  }
}
