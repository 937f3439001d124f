// Keeps the list of channels that what happens is told to.
import type pg from 'pg';
import { run, sql, transaction } from '../../sql.ts';

export type ChannelName = 'webhook' | 'email';

/**
 * Makes the list equal to `names`. What a new channel is told begins now; what waits for one that is gone is given up,
 * so that it does not arrive stale when the channel comes back.
 */
export async function setChannels(pool: pg.Pool, names: ChannelName[]): Promise<void> {
  await transaction(pool, async (client) => {
    await run(
      client,
      sql`insert into notification_channel (name) select unnest(${names}::text[]) on conflict do nothing`,
    );
    await run(client, sql`delete from notification_channel where name <> all (${names}::text[])`);
    // With nobody to tell, nothing is kept of what was told: whoever comes next hears of the trouble that there is then.
    if (names.length === 0) await run(client, sql`delete from project_alert`);
    // Served by notification_delivery_pending.
    await run(
      client,
      sql`update notification_delivery
          set status = 'given_up', ended_at = clock_timestamp(), last_error = 'The channel is no longer configured.'
          where status = 'pending' and channel <> all (${names}::text[])`,
    );
  });
}
