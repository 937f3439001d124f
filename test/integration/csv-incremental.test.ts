// Incremental runs of a CSV file: rows are compared by their content, and those that are gone are removed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { expectNothingHalf } from '../support/expect-whole-state.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const row = (id: number, title: string) => `${id},Person ${id},${title}`;
const ROWS = Array.from({ length: 20 }, (_, at) => row(at + 1, 'Clerk'));

describe('an incremental run of a CSV file', () => {
  let lab: SyncLab;
  let connectionId: string;
  let projectId: string;

  beforeAll(async () => {
    lab = await openSyncLab();
    mkdirSync(join(lab.home, 'import'), { recursive: true });
    connectionId = await lab.addConnection('csv', { file: 'people.csv', keyColumn: 'id' });
    projectId = await lab.addProject({
      connectionId,
      scopes: [{ objectClass: 'user', baseDn: null, filter: null }],
    });
    await lab.startWorker();
  });
  afterAll(() => lab?.close());

  const write = (rows: string[]) =>
    writeFileSync(join(lab.home, 'import', 'people.csv'), `id,displayName,title\n${rows.join('\n')}\n`);
  const sync = async () => {
    const over = await lab.runOver(await lab.trigger(projectId, { mode: 'incremental' }));
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    await expectNothingHalf(lab.database.pool, connectionId);
    return over;
  };
  const titles = async () => {
    const stored = await storedState(lab.database.pool, connectionId);
    return Object.fromEntries(
      [...stored].map(([id, { attributes }]) => [id, (attributes.title as string[])[0]]),
    );
  };

  it('brings all rows the first time, and says nothing of a read that cannot be otherwise', async () => {
    write(ROWS);
    expect((await sync()).counts).toMatchObject({ read: 20, created: 20 });
    const errors = await run(lab.database.pool, sql`select code from sync_run_error`);
    expect(errors).toEqual([]);
  });

  it('finds rows that were changed, added and removed, and writes no other', async () => {
    // In another order, too: a row is known by its key and its content.
    write([...ROWS.slice(1, 19), row(20, 'Head'), row(21, 'Clerk')].reverse());
    const written = await versions();
    const over = await sync();
    expect(over.counts).toMatchObject({
      ...{ read: 20, created: 1, updated: 1, unchanged: 18, deactivated: 1, errors: 0 },
    });
    expect(over.steps.find(({ name }) => name === 'stage')).toMatchObject({ counts: { staged: 2 } });
    const expected = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [String(at + 2), at + 2 === 20 ? 'Head' : 'Clerk']),
    );
    expect(await titles()).toEqual(expected);
    const after = await versions();
    const rewritten = [...after].filter(([id, version]) => written.get(id) !== version).map(([id]) => id);
    expect(rewritten.sort()).toEqual(['1', '20', '21']);
  });

  it('finds nothing in a file that was written again as it was, and takes a row back', async () => {
    write([...ROWS.slice(1, 19), row(20, 'Head'), row(21, 'Clerk')]);
    expect((await sync()).counts).toMatchObject({ created: 0, updated: 0, unchanged: 20, deactivated: 0 });
    write([...ROWS.slice(0, 19), row(20, 'Head'), row(21, 'Clerk')]);
    expect((await sync()).counts).toMatchObject({ reactivated: 1, created: 0, updated: 0, unchanged: 20 });
  });

  /** Which transaction wrote each object, by its key. */
  async function versions(): Promise<Map<string, string>> {
    const rows = await run<{ id: string; version: string }>(
      lab.database.pool,
      sql`select source_id as id, xmin::text as version from directory_object where connection_id = ${connectionId}`,
    );
    return new Map(rows.map(({ id, version }) => [id, version]));
  }
});
