// Hands out what is to be delivered, one message at a time and channel, and keeps what became of it.
import type pg from 'pg';
import type { Notification } from '../../../domain/notification.ts';
import { run, runOne, sql, transaction } from '../../sql.ts';
import type { ChannelName } from './channels.ts';

/** What became of an attempt; `retryAfterMs` null: it is given up. */
export type DeliveryResult =
  | { delivered: true }
  | { delivered: false; reason: string; retryAfterMs: number | null };

/** Delivered messages are kept this long. */
const KEPT = '30 days';

/**
 * Takes the next message that is due on a channel, lets `attempt` deliver it, and writes down how that went. False when
 * none is due. The message's row is locked meanwhile: no other process takes it, and when this one dies it is free at
 * once. It is delivered again then, under the same id. A project's messages keep their order on each channel.
 */
export function deliverNext(
  pool: pg.Pool,
  channel: ChannelName,
  attempt: (notification: Notification, attempts: number) => Promise<DeliveryResult>,
): Promise<boolean> {
  return transaction(pool, async (client) => {
    // Served by notification_delivery_pending.
    const due = await runOne<Notification & { attempts: number }>(
      client,
      sql`
        select n.id, n.type, n.at, n.data, d.attempts + 1 as attempts
        from notification_delivery d join notification n on n.id = d.notification_id
        where d.status = 'pending' and d.channel = ${channel} and d.next_attempt_at <= clock_timestamp()
          and not exists (
            select from notification_delivery earlier
            where earlier.status = 'pending' and earlier.channel = d.channel
              and earlier.project_id = d.project_id and earlier.notification_id < d.notification_id)
        order by d.next_attempt_at limit 1
        for update of d skip locked`,
    );
    if (!due) return false;
    const { attempts, ...notification } = due;
    await record(client, channel, notification.id, attempts, await attempt(notification, attempts));
    return true;
  });
}

async function record(
  client: pg.PoolClient,
  channel: ChannelName,
  id: string,
  attempts: number,
  result: DeliveryResult,
): Promise<void> {
  const retryAfterMs = result.delivered ? null : result.retryAfterMs;
  const status = result.delivered ? 'delivered' : retryAfterMs === null ? 'given_up' : 'pending';
  await run(
    client,
    sql`
      update notification_delivery set
        status = ${status}, attempts = ${attempts},
        last_error = ${result.delivered ? null : result.reason},
        next_attempt_at = clock_timestamp() + make_interval(secs => ${(retryAfterMs ?? 0) / 1_000}),
        ended_at = case when ${status} = 'pending' then null else clock_timestamp() end
      where notification_id = ${id} and channel = ${channel}`,
  );
}

/** Deletes old messages that nobody waits for. The table is small: there is a row a change of a project's state. */
export async function deleteOldNotifications(pool: pg.Pool): Promise<void> {
  await run(
    pool,
    sql`
      delete from notification n
      where at < now() - ${KEPT}::interval and not exists (
        select from notification_delivery where notification_id = n.id and status = 'pending')`,
  );
}
