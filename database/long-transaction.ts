// A transaction whose statements may take longer than the pool gives them, as deletions of many rows do.
import type pg from 'pg';
import { transaction } from './sql.ts';

/** What a statement may take that has no limit otherwise, in milliseconds. */
export const LONGEST_MS = 3_600_000;

/** As `transaction`; each statement has an hour. */
export function longTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return transaction(pool, async (client) => {
    await client.query(`set local statement_timeout = ${LONGEST_MS}`);
    const patient = {
      query: (query: string | pg.QueryConfig, values?: unknown[]) =>
        client.query({
          ...(typeof query === 'string' ? { text: query } : query),
          ...(values && { values }),
          query_timeout: LONGEST_MS,
        } as pg.QueryConfig),
    };
    return work(patient as unknown as pg.PoolClient);
  });
}
