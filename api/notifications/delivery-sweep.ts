// Delivers what was written to be told, until it is taken: whoever wrote it, and whichever process died meanwhile.
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type ChannelName, setChannels } from '../../database/queries/notifications/channels.ts';
import {
  type DeliveryResult,
  deleteOldNotifications,
  deliverNext,
} from '../../database/queries/notifications/deliveries.ts';
import { noteOverdue } from '../../database/queries/notifications/note-run.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Notification } from '../../domain/notification.ts';
import { attempting, everySoOften, type Sweep, startSweep } from '../sweep.ts';
import { DeliveryFailure, type NotificationChannel } from './channel.ts';
import { retryDelay } from './retry-delay.ts';

const CLEAN_EVERY_MS = 3_600_000;
const LOOK_FOR_OVERDUE_EVERY_MS = 60_000;

interface SweepDeps {
  pool: Pool;
  channels: NotificationChannel[];
  logger: Logger;
  everyMs: number;
}

/** Makes the channels known, and looks every `everyMs` milliseconds for what each has to be told. Never throws. */
export function startDeliverySweep(deps: SweepDeps): Sweep {
  const { pool, channels } = deps;
  const attempt = attempting(deps.logger);
  const names = channels.map(({ name }) => name);
  const makeKnown = everySoOften(Number.POSITIVE_INFINITY, () =>
    attempt('making the notification channels known', () => setChannels(pool, names)),
  );
  const lookForOverdue = everySoOften(LOOK_FOR_OVERDUE_EVERY_MS, () =>
    attempt('looking for overdue projects', () => noteOverdue(pool)),
  );
  const clean = everySoOften(CLEAN_EVERY_MS, () =>
    attempt('clearing away old notifications', () => deleteOldNotifications(pool)),
  );
  return startSweep(deps.everyMs, (stop) => async () => {
    await makeKnown();
    if (channels.length > 0) await lookForOverdue();
    // Each channel on its own, so that a receiver that hangs holds up no other.
    await Promise.all(
      channels.map((channel) => attempt('delivering notifications', () => drain(deps, channel, stop))),
    );
    await clean();
  });
}

async function drain(
  { pool, logger }: SweepDeps,
  channel: NotificationChannel,
  stop: AbortSignal,
): Promise<void> {
  const next = () =>
    deliverNext(pool, channel.name, async (notification, attempts) => {
      const result = await resultOf(channel, notification, attempts, stop);
      const about = { notificationId: notification.id, type: notification.type, attempts };
      say(logger, channel.name, about, result);
      return result;
    });
  while (!stop.aborted && (await next()));
}

async function resultOf(
  channel: NotificationChannel,
  notification: Notification,
  attempts: number,
  stop: AbortSignal,
): Promise<DeliveryResult> {
  try {
    await channel.deliver(notification, stop);
    return { delivered: true };
  } catch (error) {
    // Broken off by us: no attempt of the receiver's, and the next process makes it at once.
    stop.throwIfAborted();
    const known = error instanceof DeliveryFailure || error instanceof AppError;
    const reason = known ? error.message : 'An unexpected error stopped the delivery.';
    const worthRetrying = !(error instanceof DeliveryFailure) || error.worthRetrying;
    return { delivered: false, reason, retryAfterMs: worthRetrying ? retryDelay(attempts) : null };
  }
}

function say(logger: Logger, channel: ChannelName, about: object, result: DeliveryResult): void {
  const what = { channel, ...about };
  if (result.delivered) logger.info(what, 'notification delivered');
  else if (result.retryAfterMs === null)
    logger.error({ ...what, reason: result.reason }, 'notification given up: it was not taken');
  else
    logger.warn(
      { ...what, reason: result.reason, retryInSeconds: Math.round(result.retryAfterMs / 1_000) },
      'notification not taken; it is tried again',
    );
}
