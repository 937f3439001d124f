// The queue of refreshes of profiles: keys, profiles that are deleted meanwhile, and what counts as a refresh.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { refreshProfile } from '../../activities/identity-refresh/refresh-profile.ts';
import {
  claimRefresh,
  closeRefresh,
  queueRefresh,
  queueTimeBased,
} from '../../database/queries/identity-profiles/refreshes.ts';
import { lockProfile, updateProfile } from '../../database/queries/identity-profiles/save-profile.ts';
import { waitingPersons } from '../../database/queries/persons/waiting-persons.ts';
import { transaction } from '../../database/sql.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { until } from '../support/until.ts';

let lab: CorrelationLab;
let profileId: string;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
beforeEach(async () => {
  await lab.empty();
  await lab.connection('HR', 10);
  profileId = (await lab.pool.query('select id from identity_profile')).rows[0].id;
});

const ask = (key: string | null) => queueRefresh(lab.pool, { profileId, requestedBy: 'test', key });

const waiting = (what: string) =>
  until(
    `${what} to wait`,
    async () => {
      const { rowCount } = await lab.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return (rowCount ?? 0) > 0;
    },
    10_000,
  );

test('whoever joins a queued refresh is answered with it again, by a key of its own', async () => {
  const id = await ask(null);
  expect(await ask('first')).toBe(id);
  expect(await ask('second')).toBe(id);
  expect(await claimRefresh(lab.pool)).toBe(id);
  expect([await ask('first'), await ask('second')]).toEqual([id, id]);
  expect(await ask('third')).not.toBe(id);
});

test('of a profile that is gone there is none', async () => {
  expect(
    await queueRefresh(lab.pool, { profileId: randomUUID(), requestedBy: 'test', key: 'key' }),
  ).toBeUndefined();
});

test('the end of a refresh waits for the deletion of its profile, and the deletion for nothing', async () => {
  await ask(null);
  const id = (await claimRefresh(lab.pool)) as string;
  let closed: Promise<void> | undefined;
  await transaction(lab.pool, async (client) => {
    await lockProfile(client, profileId);
    closed = closeRefresh(lab.pool, id, null);
    await waiting('the end');
    await client.query('delete from identity_profile where id = $1', [profileId]);
  });
  await closed;
  expect((await lab.pool.query('select from identity_refresh')).rowCount).toBe(0);
});

/** Saves the profile as it is. */
const save = () =>
  transaction(lab.pool, async (client) => {
    const settings = await lockProfile(client, profileId);
    if (!settings) throw new Error('There is no profile.');
    await updateProfile(client, profileId, { ...settings, hasTimeBasedAttr: false });
  });

test('a profile that is saved during its refresh has to be refreshed once more', async () => {
  const required = async () =>
    (await lab.pool.query('select identity_refresh_required as required from identity_profile')).rows[0]
      .required;
  const refresh = async (meanwhile?: () => Promise<void>) => {
    await ask(null);
    const id = (await claimRefresh(lab.pool)) as string;
    await meanwhile?.();
    await closeRefresh(lab.pool, id, null);
  };
  await save();
  expect(await required()).toBe(true);
  await refresh(save);
  expect(await required()).toBe(true);
  await refresh();
  expect(await required()).toBe(false);
});

test('a refresh begins after a profile that is being saved is, since it has to read that one', async () => {
  await ask(null);
  let claimed: Promise<string | null> | undefined;
  await transaction(lab.pool, async (client) => {
    const settings = await lockProfile(client, profileId);
    if (settings) await updateProfile(client, profileId, { ...settings, hasTimeBasedAttr: false });
    claimed = claimRefresh(lab.pool);
    await waiting('the refresh');
  });
  expect(await claimed).not.toBeNull();
});

test('a refresh that failed stands for none of the daily ones for longer than an hour', async () => {
  await lab.pool.query('update identity_profile set has_time_based_attr = true');
  expect(await queueTimeBased(lab.pool, 24)).toBe(1);
  const id = (await claimRefresh(lab.pool)) as string;
  await closeRefresh(lab.pool, id, { code: 'internal_error', message: 'It failed.' });
  expect(await queueTimeBased(lab.pool, 24)).toBe(0);
  await lab.pool.query(`update identity_refresh set started_at = started_at - interval '61 minutes'`);
  expect(await queueTimeBased(lab.pool, 24)).toBe(1);
});

test('of the present time transforms have the start of the refresh, however late they are evaluated', async () => {
  const hr = (await lab.pool.query('select connection_id from identity_profile')).rows[0].connection_id;
  await lab.account(hr, 'hr-1', { employeeId: '1' });
  await lab.correlate();
  const definition = { type: 'dateMath', attributes: { expression: 'now' } };
  await lab.pool.query('update identity_profile set identity_attribute_config = $1', [
    {
      enabled: true,
      attributeTransforms: [{ identityAttributeName: 'since', transformDefinition: definition }],
    },
  ]);
  await ask(null);
  const id = (await claimRefresh(lab.pool)) as string;
  await lab.pool.query(`update identity_refresh set started_at = '2026-11-01T01:02:59.999Z'`);
  await refreshProfile(lab, id, new AbortController().signal);
  const { rows } = await lab.pool.query('select attributes from person');
  expect(rows).toEqual([{ attributes: { since: '2026-11-01T01:02Z' } }]);
});

test('a refresh that stands still is seen by its age, until it is over', async () => {
  expect(await waitingPersons(lab.pool)).toEqual({ count: 0, oldestSeconds: 0 });
  await ask(null);
  await lab.pool.query(`update identity_refresh set queued_at = now() - interval '1 hour'`);
  expect((await waitingPersons(lab.pool)).oldestSeconds).toBeGreaterThanOrEqual(3_600);
  const id = (await claimRefresh(lab.pool)) as string;
  expect((await waitingPersons(lab.pool)).oldestSeconds).toBeGreaterThanOrEqual(3_600);
  await closeRefresh(lab.pool, id, null);
  expect(await waitingPersons(lab.pool)).toEqual({ count: 0, oldestSeconds: 0 });
});
