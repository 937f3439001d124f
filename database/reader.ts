// A second session beside the one that writes.
import type pg from 'pg';

/**
 * Runs `work` with a session that only reads, in a transaction of its own, which ends with it: how, makes no difference
 * to what was written. It does not see what others have not committed.
 */
export async function withReader<T>(pool: pg.Pool, work: (reader: pg.PoolClient) => Promise<T>): Promise<T> {
  const reader = await pool.connect();
  let broken = false;
  try {
    await reader.query('begin read only');
    return await work(reader);
  } finally {
    await reader.query('rollback').catch(() => {
      broken = true;
    });
    reader.release(broken);
  }
}
