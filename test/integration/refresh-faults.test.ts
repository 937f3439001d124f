// Faults of ours during a refresh: they can be found in the log, hold up nobody else, and tell nothing of a person.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { logFaults } from '../../activities/identity-refresh/log-faults.ts';
import { refreshBatch } from '../../activities/identity-refresh/refresh-batch.ts';
import { refreshPersons } from '../../activities/identity-refresh/refresh-persons.ts';
import type { CompiledProfile } from '../../domain/transforms/compile-profile.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

let lab: CorrelationLab;
let hr: string;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
beforeEach(async () => {
  await lab.empty();
  hr = await lab.connection('HR', 10);
});

/** A logger, and what it wrote. */
function listening() {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  return { logger, lines };
}

/** Attributes of everybody fail, the first at one place in the code, the others at another. */
const broken: CompiledProfile = {
  reads: { accounts: [], identityAttributes: [] },
  timeBased: false,
  evaluate: ({ id }) => ({
    attributes: { mail: null, phone: null },
    errors: [
      { attribute: 'mail', path: '', reason: 'broken', unexpected: new TypeError(`value\n  at of ${id}`) },
      { attribute: 'phone', path: '', reason: 'broken', unexpected: faultOf(id) },
      { attribute: 'city', path: '', reason: 'of the data' },
    ],
    pending: false,
  }),
};

function faultOf(id: string): Error {
  return new RangeError(`value of ${id}`);
}

it('logs each fault of a batch once, with its place and a person, and no value', async () => {
  for (const id of ['1', '2', '3']) await lab.account(hr, id, { employeeId: id });
  await lab.correlate();
  const { rows } = await lab.pool.query('select id from person order by id');
  const ids: string[] = rows.map(({ id }) => id);
  const [profile] = (await lab.pool.query('select id from identity_profile')).rows;
  const ready = { profile: broken, nameAttributes: [], broken: null };
  const reads = { columns: [], missing: [], leading: new Map(), entitlements: false };
  const profiles = async () => ({ byId: new Map([[profile.id, ready]]), reads, nameAttributes: [] });
  const { logger, lines } = listening();
  const batch = () =>
    refreshBatch(lab.pool, profiles, { choose: async () => ids, onFault: logFaults(logger) });
  expect(await batch()).toMatchObject({ done: 3, failed: 3 });
  const logged = lines.map((line) => JSON.parse(line));
  expect(logged).toMatchObject([
    { level: 50, attribute: 'mail', kind: 'TypeError' },
    { level: 50, attribute: 'phone', kind: 'RangeError' },
  ]);
  for (const { personId, frames } of logged) {
    expect(ids).toContain(personId);
    expect(frames[0]).toContain('refresh-faults.test.ts');
  }
  expect(lines.join()).not.toContain('value');
  await batch();
  expect(lines).toHaveLength(4);
});

it('holds up nobody else with a person that fails for no known reason, and does not forget it', async () => {
  for (let id = 1; id <= 9; id++) await lab.account(hr, `hr-${id}`, { employeeId: String(id) });
  await lab.correlate();
  const { rows } = await lab.pool.query('select person_id as id, wanted_at from refresh_wanted order by 1');
  const first = rows[0];
  await lab.pool.query(`
    create function fail() returns trigger language plpgsql as
      $$ begin if new.id = '${first.id}' then raise exception 'on purpose'; end if; return new; end $$;
    create trigger failing before update on person for each row execute function fail()`);
  const refresh = () => refreshPersons(lab, new AbortController().signal);
  // It is put behind; all others are refreshed before it fails again.
  await expect(refresh()).rejects.toThrow('on purpose');
  const left = await lab.pool.query('select person_id as id, wanted_at, failures from refresh_wanted');
  expect(left.rows).toEqual([{ ...first, failures: 2 }]);
  await lab.pool.query('drop function fail() cascade');
  expect(await refresh()).toEqual({ done: 1, failed: 0 });
  expect((await lab.pool.query('select from refresh_wanted')).rowCount).toBe(0);
});
