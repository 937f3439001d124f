// Counts what operators were not told, since nobody can be told that way that telling fails.
import { type Queryable, runOne, sql } from '../../sql.ts';

export interface Undelivered {
  /** Refused twice at least, and tried again: a receiver that restarts does not count. */
  waiting: number;
  /** Tried for the last time within the last day. */
  givenUp: number;
}

/**
 * Of channels that are configured. What is pending is found by notification_delivery_pending; the table has a row a
 * change of a project's state and channel, for a month.
 */
export async function undelivered(on: Queryable): Promise<Undelivered> {
  const row = await runOne<Undelivered>(
    on,
    sql`
      select count(*) filter (where d.status = 'pending')::int as waiting,
             count(*) filter (where d.status = 'given_up')::int as "givenUp"
      from notification_delivery d join notification_channel c on c.name = d.channel
      where (d.status = 'pending' and d.attempts >= 2)
         -- What was given up with its channel is not the new one's trouble.
         or (d.status = 'given_up' and d.ended_at > greatest(c.since, now() - interval '1 day'))`,
  );
  return row ?? { waiting: 0, givenUp: 0 };
}
