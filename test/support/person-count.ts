// Holds the kept numbers of persons against the persons that there are.
import { expect } from '@jest/globals';
import type pg from 'pg';

/** To be called after whatever makes, dissolves, revives or correlates persons. */
export async function expectPersonsCounted(pool: pg.Pool): Promise<void> {
  const { rows: kept } = await pool.query('select correlated, uncorrelated from person_count');
  const { rows: there } = await pool.query(`
    select count(*) filter (where correlated) as correlated, count(*) filter (where not correlated) as uncorrelated
    from person where dissolved_at is null`);
  expect(kept).toEqual(there);
}
