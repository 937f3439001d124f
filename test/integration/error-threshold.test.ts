// The guard against sources that cannot be read: more refused entries than the project allows, and nothing is removed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const people = (count: number) => Array.from({ length: count }, (_, at) => `u${at},Person ${at}`);
const broken = (count: number) => Array.from({ length: count }, (_, at) => `b${at}`);

let lab: SyncLab;
let connectionId: string;
let projectId: string;

beforeAll(async () => {
  lab = await openSyncLab();
  mkdirSync(join(lab.home, 'import'), { recursive: true });
  connectionId = await lab.addConnection('csv', { file: 'people.csv', keyColumn: 'id' });
  projectId = await lab.addProject({ connectionId, deleteThresholdPercent: 50, errorThreshold: 2 });
  await lab.startWorker();
});

afterAll(() => lab?.close());

async function sync(rows: string[]) {
  writeFileSync(join(lab.home, 'import', 'people.csv'), `id,displayName\n${rows.join('\n')}\n`);
  const over = await lab.runOver(await lab.trigger(projectId));
  return { over, stored: (await storedState(lab.database.pool, connectionId)).size };
}

it('ends the run before its cleanup, and the next one that can be read removes what is gone', async () => {
  expect(await sync(people(20))).toMatchObject({ over: { status: 'completed' }, stored: 20 });
  const failed = await sync([...people(17), ...broken(3)]);
  expect(failed).toMatchObject({
    over: {
      status: 'failed',
      error_code: 'error_threshold_exceeded',
      error_message: expect.stringMatching(/^3 entries could not be read, more than the 2 /),
      counts: { errors: 3, deactivated: 0 },
    },
    stored: 20,
  });
  expect(failed.over.steps.find(({ name }) => name === 'cleanup')).toMatchObject({ status: 'failed' });
  // As many as are allowed: but this source cannot look up which are missing, so that none of them goes.
  const allowed = await sync([...people(18), ...broken(2)]);
  expect(allowed).toMatchObject({ over: { status: 'completed', counts: { errors: 2 } }, stored: 20 });
  expect(await sync(people(17))).toMatchObject({
    over: { status: 'completed', counts: { errors: 0, deactivated: 3 } },
    stored: 17,
  });
});
