// The lifecycle state of a person set by hand, over HTTP: it holds until it is given back, and its history stays.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refreshPersons } from '../../activities/identity-refresh/refresh-persons.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { insertAccount } from '../support/factories.ts';

const UNKNOWN = '01a00000-0000-7000-8000-000000000000';
let lab: CorrelationLab;
let api: TestApi;
let account: string;
let path: string;

beforeAll(async () => {
  lab = await correlationLab();
  api = await startApi({ databaseUrl: lab.databaseUrl });
});
afterAll(async () => {
  await api?.close();
  await lab?.close();
});
beforeEach(async () => {
  await lab.empty();
  account = await lab.account(await lab.connection('HR', 1), 'hr-ann', { employeeId: '1' });
  await lab.correlate();
  await refresh();
  path = `/api/persons/${(await api.get(`/api/users/${account}`)).body.data.personId}`;
});

const refresh = () => refreshPersons(lab, new AbortController().signal);
const identity = async () => (await api.get('/beta/identities')).body[0];

describe('PATCH /api/persons/{id}', () => {
  it('sets the state at once, on both surfaces, and no refresh changes it', async () => {
    expect((await api.get(path)).body.data).toMatchObject({
      lifecycleState: 'active',
      lifecycleManuallyUpdated: false,
    });
    const answer = await api.patch(path, { lifecycleState: 'inactive' });
    expect([answer.status, answer.body.data]).toEqual([
      200,
      expect.objectContaining({
        status: 'active',
        lifecycleState: 'inactive',
        lifecycleManuallyUpdated: true,
      }),
    ]);
    expect(answer.headers.get('etag')).toBe((await api.get(path)).headers.get('etag'));
    const manual = { stateName: 'inactive', manuallyUpdated: true };
    expect(await identity()).toMatchObject({ identityStatus: 'DEACTIVATED', lifecycleState: manual });
    await lab.change(account, { email: 'ann@example.org' });
    await lab.correlate();
    await refresh();
    expect(await identity()).toMatchObject({ emailAddress: 'ann@example.org', lifecycleState: manual });
  });

  it('gives it back to the authoritative account', async () => {
    await api.patch(path, { lifecycleState: 'terminated' });
    await lab.pool.query(`update directory_object set status = 'disabled' where id = $1`, [account]);
    const answer = await api.patch(path, { lifecycleState: null });
    expect(answer.body.data).toMatchObject({ lifecycleState: 'inactive', lifecycleManuallyUpdated: false });
    expect(await identity()).toMatchObject({
      identityStatus: 'DISABLED',
      lifecycleState: { stateName: 'inactive', manuallyUpdated: false },
    });
  });

  it('tells who did it in the history, once', async () => {
    for (const lifecycleState of ['inactive', 'inactive', null, null])
      await api.patch(path, { lifecycleState });
    await api.patch(path, {});
    const { data } = (await api.get(`${path}/history?sort=at`)).body;
    expect(data.slice(1)).toEqual([
      expect.objectContaining({
        action: 'lifecycle',
        lifecycleState: 'inactive',
        by: 'admin',
        objectId: null,
      }),
      expect.objectContaining({ action: 'lifecycle', lifecycleState: null, by: 'admin', connectionId: null }),
    ]);
  });

  it('refuses what was read too long ago', async () => {
    const headers = { 'if-match': (await api.get(path)).headers.get('etag') as string };
    expect((await api.patch(path, { lifecycleState: 'inactive' }, { headers })).status).toBe(200);
    const late = await api.patch(path, { lifecycleState: 'active' }, { headers });
    expect([late.status, late.body.message]).toEqual([412, expect.stringContaining('ETag')]);
    expect((await api.get(path)).body.data.lifecycleState).toBe('inactive');
  });

  it('refuses states that there are not, strangers, and those who may only read', async () => {
    const wrong = await api.patch(path, { lifecycleState: 'asleep' });
    expect([wrong.status, wrong.body.details[0].path]).toEqual([400, 'body.lifecycleState']);
    expect((await api.patch(`/api/persons/${UNKNOWN}`, { lifecycleState: null })).status).toBe(404);
    await insertAccount(lab.pool, { username: 'audit', password: 'audit audit', role: 'auditor' });
    const token = await api.login('audit', 'audit audit');
    expect((await api.patch(path, { lifecycleState: null }, { token })).status).toBe(403);
  });
});
