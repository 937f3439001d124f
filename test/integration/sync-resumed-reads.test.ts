// A worker that dies while it reads a large file leaves its pages behind: the next one reads on where it was.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../database/database.ts';
import { addChunk, beginUpload, CHUNK_BYTES, completeUpload } from '../../database/queries/uploaded-files.ts';
import { run, sql } from '../../database/sql.ts';
import { ensureDatabase, startEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { expectNothingHalf } from '../support/expect-whole-state.ts';
import { closeReadGate } from '../support/read-gate.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type RunRow, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const ROWS = 30_000;
/** Rows that are staged when the worker is killed, and what a page may have beyond. */
const HELD_AT = 12_000;
const PAGE = 3_000;
/** Enough where only the way matters. */
const FEW_ROWS = 12_000;
const FEW_HELD_AT = 5_000;

/** Every tenth row a group of its nine predecessors; one row is broken, and one comes twice. */
function table(version: string, rows = ROWS): string {
  const lines = Array.from({ length: rows }, (_row, index) => {
    if (index === 17) return 'u17,user';
    if (index === 18) return `u5,user,Another,x@example.org,`;
    if (index % 10 !== 9)
      return `u${index},user,User ${index},u${index}@${index % 5 ? 'a' : version}.example.org,`;
    const members = Array.from({ length: 9 }, (_member, before) => `u${index - 1 - before}`);
    return `g${index},group,Group ${index},,${(version === 'b' ? members.slice(1) : members).join(';')}`;
  });
  return `id,class,displayName,mail,member\n${lines.join('\n')}\n`;
}

const CONFIG = { file: 'people.csv', keyColumn: 'id', classColumn: 'class', multiValueSeparator: ';' };

describe('a read of a large CSV file', () => {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function openLab(url?: string) {
    const lab = await openSyncLab(url);
    cleanUps.push(() => lab.close());
    mkdirSync(join(lab.home, 'import'), { recursive: true });
    const connectionId = await lab.addConnection('csv', CONFIG);
    const projectId = await lab.addProject({ connectionId });
    return { lab, connectionId, projectId };
  }

  const write = (lab: SyncLab, text: string) => writeFileSync(join(lab.home, 'import', 'people.csv'), text);

  async function upload(lab: SyncLab, connectionId: string, text: string): Promise<void> {
    const { pool } = lab.database;
    const fileId = await beginUpload(pool, connectionId, CONFIG.file);
    const data = Buffer.from(text);
    for (let at = 0; at < data.length; at += CHUNK_BYTES)
      await addChunk(pool, fileId, at / CHUNK_BYTES, data.subarray(at, at + CHUNK_BYTES));
    const sha256 = createHash('sha256').update(data).digest();
    await completeUpload(pool, { id: fileId, connectionId, name: CONFIG.file, size: data.length, sha256 });
  }

  /** What is stored is what the file says, and a run that finds nothing new says so too. */
  async function expectStored(lab: SyncLab, connectionId: string, text: string): Promise<void> {
    const stored = await storedState(lab.database.pool, connectionId);
    const expected = new Map(
      text
        .split('\n')
        .slice(1, -1)
        .filter((_line, index) => index !== 17 && index !== 18)
        .map((line) => line.split(',') as [string, string, string, string, string])
        .map(([id, , , mail, member]) => [id, [mail, member.split(';').filter(Boolean).sort().join(';')]]),
    );
    const found = new Map(
      [...stored].map(([id, { attributes, members }]) => [
        id,
        [String(attributes.mail ?? ''), [...members].sort().join(';')],
      ]),
    );
    expect(found.size).toBe(expected.size);
    expect([...expected].filter(([id, row]) => String(found.get(id)) !== String(row))).toEqual([]);
    await expectNothingHalf(lab.database.pool, connectionId);
  }

  const carriedOver = (row: RunRow) => row.steps.find(({ name }) => name === 'read')?.counts.carriedOver;
  const expectRead = (row: RunRow, rows = ROWS) =>
    expect(row).toMatchObject({
      status: 'completed',
      error_message: null,
      counts: { read: rows, errors: 2 },
    });

  it('goes on where it was, in a first read and in a later one, from a folder and uploaded', async () => {
    const { lab, connectionId, projectId } = await openLab();
    for (const version of ['a', 'b']) {
      if (version === 'a') write(lab, table(version));
      else await upload(lab, connectionId, table(version));
      const gate = await closeReadGate(lab.database.pool, HELD_AT);
      const first = await lab.startWorker();
      const runId = await lab.trigger(projectId);
      await gate.reached();
      // One that is only stopped wakes up when all is over.
      await first.kill(version === 'a' ? 'SIGKILL' : 'SIGSTOP');
      await gate.open();
      const second = await lab.startWorker();
      const over = await lab.runOver(runId);
      expectRead(over);
      // On a machine that is busy, the second worker may be taken for dead as well, and go on once more.
      const resumed = [
        ...second.log().matchAll(/"carriedOver":(\d+),"msg":"the read goes on where it was left"/g),
      ];
      const [earliest = 0, latest = 0] = [resumed.at(0), resumed.at(-1)].map((match) => Number(match?.[1]));
      expect(earliest).toBeGreaterThan(HELD_AT - PAGE * 2);
      expect(earliest).toBeLessThan(HELD_AT + PAGE);
      expect(carriedOver(over)).toBe(latest);
      expect(over.steps.find(({ name }) => name === 'read')?.attempt).toBeGreaterThan(resumed.length);
      if (version === 'b') {
        await first.kill('SIGCONT');
        await until('the sleeper to notice', () => first.log().includes('"step":"read"'));
      }
      await expectStored(lab, connectionId, table(version));
      const errors = await run<{ message: string }>(
        lab.database.pool,
        sql`select message from sync_run_error where run_id = ${runId} order by message`,
      );
      expect(errors.map(({ message }) => message.slice(0, 8))).toEqual(['Line 19 ', 'Line 20 ']);
      await second.stop();
    }
  }, 480_000);

  it('starts again when the file has changed meanwhile', async () => {
    const { lab, connectionId, projectId } = await openLab();
    write(lab, table('a', FEW_ROWS));
    const gate = await closeReadGate(lab.database.pool, FEW_HELD_AT);
    const first = await lab.startWorker();
    const runId = await lab.trigger(projectId);
    await gate.reached();
    await first.kill('SIGKILL');
    write(lab, table('b', FEW_ROWS - 10));
    await gate.open();
    await lab.startWorker();
    const over = await lab.runOver(runId);
    expectRead(over, FEW_ROWS - 10);
    expect(carriedOver(over)).toBeUndefined();
    await expectStored(lab, connectionId, table('b', FEW_ROWS - 10));
  }, 120_000);

  it('goes on or starts again after a crash of PostgreSQL, as what was staged is there or not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'identity-center-resumed-'));
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
    const postgres = await startEmbeddedPostgres({ directory: join(folder, 'postgres'), disposable: true });
    cleanUps.push(() => postgres.stop('immediate'));
    await ensureDatabase(postgres, 'resumed');
    const setUp = await openDatabase({ url: postgres.url('resumed') });
    await setUp.migrate();
    await setUp.close();
    const { lab, connectionId, projectId } = await openLab(postgres.url('resumed'));
    await lab.startWorker();
    // The staging of a first read is logged; that of a later one is emptied.
    for (const [version, isLogged] of [
      ['a', true],
      ['b', false],
    ] as const) {
      write(lab, table(version, FEW_ROWS));
      const gate = await closeReadGate(lab.database.pool, FEW_HELD_AT);
      const runId = await lab.trigger(projectId);
      await gate.reached();
      const [backend] = await run<{ pid: number }>(lab.database.pool, sql`select pg_backend_pid() as pid`);
      process.kill(backend?.pid ?? 0, 'SIGKILL');
      await until('the database to answer', () =>
        lab.runRow(runId).then(
          () => true,
          () => false,
        ),
      );
      const over = await lab.runOver(runId);
      expectRead(over, FEW_ROWS);
      expect(carriedOver(over) !== undefined).toBe(isLogged);
      await expectStored(lab, connectionId, table(version, FEW_ROWS));
    }
  }, 480_000);
});
