// The fence around a run: what was overtaken commits nothing, and what sleeps or waits in a transaction holds nobody up.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { untilAborted } from '../../activities/sync-run/until-aborted.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import {
  connectionTurn,
  Fenced,
  fencedTransaction,
  lockConnection,
  takeOver,
} from '../../database/run-fence.ts';
import { run, runOne, sql } from '../../database/sql.ts';
import { epochOf, stepOfEpoch } from '../../domain/run-epoch.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ENDED = 'terminating connection due to administrator command';

describe('the fence of a run', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let runId: string;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = await openDatabase({ url: testDatabase.url });
  });

  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  beforeEach(async () => {
    const row = await runOne<{ id: string }>(
      database.pool,
      sql`insert into sync_run (project_id, project_name, connection_id, workflow_id, trigger, mode, status)
          values (${randomUUID()}, 'p', ${randomUUID()}, 'w', 'manual', 'full', 'running') returning id`,
    );
    runId = String(row?.id);
  });

  const note = (text: string, epoch: number) =>
    fencedTransaction(database.pool, { runId, epoch }, (client) =>
      run(client, sql`update sync_run set note = ${text} where id = ${runId}`),
    );

  it('orders steps before attempts', () => {
    expect(epochOf(2, 1)).toBeGreaterThan(epochOf(1, 999));
    expect(epochOf(2, 2)).toBeGreaterThan(epochOf(2, 1));
    expect(stepOfEpoch(epochOf(7, 3))).toBe(7);
  });

  it('lets the latest attempt write and refuses earlier ones', async () => {
    await takeOver(database.pool, { runId, epoch: epochOf(1, 1) });
    await note('first', epochOf(1, 1));
    await takeOver(database.pool, { runId, epoch: epochOf(1, 2) });
    await expect(note('late twin', epochOf(1, 1))).rejects.toThrow(Fenced);
    await expect(takeOver(database.pool, { runId, epoch: epochOf(1, 1) })).rejects.toThrow(Fenced);
    await note('second', epochOf(1, 2));
    const row = await runOne<{ note: string }>(
      database.pool,
      sql`select note from sync_run where id = ${runId}`,
    );
    expect(row?.note).toBe('second');
  });

  it('refuses everybody once the run is over', async () => {
    await takeOver(database.pool, { runId, epoch: epochOf(1, 1) });
    await run(database.pool, sql`update sync_run set status = 'cancelled' where id = ${runId}`);
    await expect(note('after the end', epochOf(1, 1))).rejects.toThrow(Fenced);
    await expect(takeOver(database.pool, { runId, epoch: epochOf(2, 1) })).rejects.toThrow(Fenced);
  });

  it('ends the session of an attempt that sleeps in the middle of a transaction', async () => {
    await takeOver(database.pool, { runId, epoch: epochOf(1, 1) });
    let overtake: Promise<void> | undefined;
    const sleeping = fencedTransaction(database.pool, { runId, epoch: epochOf(1, 1) }, async (client) => {
      await run(client, sql`update sync_run set note = 'unfinished' where id = ${runId}`);
      overtake = takeOver(database.pool, { runId, epoch: epochOf(1, 2) });
      await overtake;
    });
    await expect(sleeping).rejects.toThrow();
    await overtake;
    const row = await runOne<{ note: string | null; epoch: string }>(
      database.pool,
      sql`select note, epoch from sync_run where id = ${runId}`,
    );
    expect(row).toEqual({ note: null, epoch: String(epochOf(1, 2)) });
  });

  it('ends what a step begins after it was told to stop', async () => {
    const connectionId = randomUUID();
    const fence = { runId, epoch: epochOf(1, 1) };
    await takeOver(database.pool, fence);
    const other = await database.pool.connect();
    await other.query('begin');
    await lockConnection(other, connectionId);
    // A step that nobody ends gives up waiting after a third of this, with another error.
    const own = await openDatabase({ url: testDatabase.url, silenceMs: 60_000 });
    const stop = new AbortController();
    const step = { deps: { database: own, logger: pino({ level: 'silent' }) }, fence, signal: stop.signal };
    try {
      const stopped = untilAborted(step, async () => {
        const interrupted = fencedTransaction(own.pool, fence, async (client) => {
          stop.abort();
          await client.query('select pg_sleep(60)');
        });
        await expect(interrupted).rejects.toThrow(ENDED);
        await connectionTurn(own.pool, fence, connectionId, async () => {});
      });
      await expect(stopped).rejects.toThrow(ENDED);
    } finally {
      await other.query('rollback');
      other.release();
      await own.close();
    }
  });
});
