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
import { DeliveryFailure, type NotificationChannel } from './channel.ts';
import { retryDelay } from './retry-delay.ts';

const CLEAN_EVERY_MS = 3_600_000;
const LOOK_FOR_OVERDUE_EVERY_MS = 60_000;

export interface DeliverySweep {
  /** Resolves when the deliveries that are going have ended. */
  stop(): Promise<void>;
}

interface SweepDeps {
  pool: Pool;
  channels: NotificationChannel[];
  logger: Logger;
  everyMs: number;
}

/** Makes the channels known, and looks every `everyMs` milliseconds for what each has to be told. Never throws. */
export function startDeliverySweep(deps: SweepDeps): DeliverySweep {
  const { pool, logger } = deps;
  const stopping = new AbortController();
  let going: Promise<unknown> | null = null;
  let known = false;
  let cleanedAt = Number.NEGATIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const attempt = (what: string, work: () => Promise<void>) =>
    work().catch(({ message }: Error) => logger.warn({ message }, `${what} failed; it is repeated`));
  const once = async () => {
    await attempt('making the notification channels known', async () => {
      if (!known)
        await setChannels(
          pool,
          deps.channels.map(({ name }) => name),
        );
      known = true;
    });
    if (deps.channels.length > 0 && performance.now() - lookedAt > LOOK_FOR_OVERDUE_EVERY_MS) {
      lookedAt = performance.now();
      await attempt('looking for overdue projects', () => noteOverdue(pool));
    }
    // Each channel on its own, so that a receiver that hangs holds up no other.
    await Promise.all(
      deps.channels.map((channel) =>
        attempt('delivering notifications', () => drain(deps, channel, stopping.signal)),
      ),
    );
    if (performance.now() - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = performance.now();
    await attempt('clearing away old notifications', () => deleteOldNotifications(pool));
  };
  const sweep = () => {
    going ??= once().finally(() => {
      going = null;
    });
  };
  const timer = setInterval(sweep, deps.everyMs);
  timer.unref();
  sweep();
  return {
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await going;
    },
  };
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
