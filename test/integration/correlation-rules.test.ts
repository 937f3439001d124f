// The rules of correlation over HTTP: one set for all, a project's own, what is refused, and what a change evaluates.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockCorrelation } from '../../database/queries/correlation/lock.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { insertClaim, insertProject } from '../support/factories.ts';
import { until } from '../support/until.ts';

const UNKNOWN = '01a00000-0000-7000-8000-000000000000';
const RULES = '/api/correlation-rules';
let lab: CorrelationLab;
let api: TestApi;
let hr: string;
let directory: string;

beforeEach(async () => {
  lab = await correlationLab();
  api = await startApi({ databaseUrl: lab.databaseUrl });
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
});

afterEach(async () => {
  await api?.close();
  await lab?.close();
});

const put = (path: string, body: unknown) => api.request('PUT', path, { body });
const byEmployeeId = { rules: [{ type: 'exact', name: 'Employee id', attribute: 'employeeId' }] };

describe('PUT /api/correlation-rules', () => {
  it('replaces the rules, and raises the version only where something changes', async () => {
    expect((await api.get(RULES)).body.data).toEqual({
      rules: [
        { type: 'exact', name: 'Employee id', attribute: 'employeeId', several: true },
        { type: 'exact', name: 'Email', attribute: 'email', several: false },
        { type: 'exact', name: 'User principal name', attribute: 'userPrincipalName', several: false },
        { type: 'exact', name: 'Account name', attribute: 'accountName', several: false },
        { type: 'similarName', name: 'Similar name' },
      ],
      linkThreshold: 95,
      reviewThreshold: 75,
      scope: 'global',
      version: 0,
      updatedAt: null,
    });
    const saved = await put(RULES, { ...byEmployeeId, linkThreshold: 90 });
    expect(saved.body.data).toMatchObject({
      scope: 'global',
      rules: [{ type: 'exact', name: 'Employee id', attribute: 'employeeId', several: true }],
      linkThreshold: 90,
      reviewThreshold: 75,
      version: 1,
    });
    expect((await put(RULES, { ...byEmployeeId, linkThreshold: 90 })).body.data.version).toBe(1);
    expect((await put(RULES, { rules: [] })).body.data).toMatchObject({ rules: [], version: 2 });
  });

  const email = { type: 'exact', name: 'Email', attribute: 'email' };
  const similar = { type: 'similarName', name: 'Similar name' };
  it.each([
    ['two rules of a name', { rules: [email, { ...email, attribute: 'mail' }] }, 'body.rules.1.name'],
    ['no attribute', { rules: [{ ...email, attribute: '' }] }, 'body.rules.0.attribute'],
    ['an attribute of our own', { rules: [{ ...email, attribute: '~name' }] }, 'body.rules.0.attribute'],
    ['a name of our own', { rules: [{ ...email, name: 'by hand' }] }, 'body.rules.0.name'],
    ['names before values', { rules: [similar, email] }, 'body.rules.0.type'],
    ['a threshold of 0', { rules: [], linkThreshold: 0 }, 'body.linkThreshold'],
    ['a threshold of 101', { rules: [], linkThreshold: 101 }, 'body.linkThreshold'],
    ['asking above linking', { rules: [], linkThreshold: 80, reviewThreshold: 81 }, 'body.reviewThreshold'],
    ['linking below what is asked for', { rules: [], linkThreshold: 70 }, 'body.reviewThreshold'],
    [
      'more than 20',
      { rules: Array.from({ length: 21 }, (_, n) => ({ ...email, name: `${n}` })) },
      'body.rules',
    ],
    ['an unknown field', { rules: [{ ...similar, attribute: 'x' }] }, 'body.rules.0.attribute'],
    ['nothing', {}, 'body.rules'],
  ])('refuses %s', async (_what, body, path) => {
    const { status, body: answer } = await put(RULES, body);
    expect([status, answer.details?.map((detail: { path: string }) => detail.path)]).toEqual([400, [path]]);
  });

  it('evaluates what is unlinked anew, by an attribute that no rule compared before too', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const user = await lab.account(directory, 'ad-ann', { employeeId: '9' });
    const other = await lab.account(hr, 'hr-other', { email: 'x@example.org' });
    await lab.account(directory, 'ad-other', { email: 'x@example.org' });
    for (const id of [ann, user])
      await lab.pool.query(`update directory_object set attributes = '{"badge": ["B 7"]}' where id = $1`, [
        id,
      ]);
    await lab.correlate();
    expect((await lab.outcome()).persons).toHaveLength(3);
    const badge = { type: 'exact', name: 'Badge', attribute: 'badge' };
    expect((await put(RULES, { rules: [badge] })).status).toBe(200);
    // Done in the request. What the rule before linked stays until it changes.
    expect(await lab.outcome()).toEqual({
      persons: [
        ['ad-ann', 'hr-ann'],
        ['ad-other', 'hr-other'],
      ],
      cases: {},
    });
    await lab.change(other, { email: 'y@example.org' });
    await lab.correlate();
    expect((await lab.outcome()).persons).toEqual([['ad-ann', 'hr-ann'], ['ad-other'], ['hr-other']]);
  });

  it('leaves whom older rules linked, though others who share a value with him are evaluated', async () => {
    const mail = await lab.connection('Mail');
    await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    const user = await lab.account(directory, 'ad-ann', { email: 'ann@example.org', accountName: 'ann' });
    await lab.account(mail, 'mail-ann', { email: 'other@example.org', accountName: 'ann@x' });
    const other = await lab.account(mail, 'mail-2', { employeeId: '5' });
    await lab.correlate();
    await lab.change(other, { accountName: 'ann' });
    const byAccountName = { type: 'exact', name: 'Account name', attribute: 'accountName' };
    const byEmployeeId = { type: 'exact', name: 'Number', attribute: 'employeeId' };
    await put(RULES, { rules: [byEmployeeId] });
    await lab.correlate();
    await put(RULES, { rules: [byAccountName] });
    const persons = [['ad-ann', 'hr-ann', 'mail-2'], ['mail-ann']];
    expect((await lab.outcome()).persons).toEqual(persons);
    await lab.correlateEverything();
    expect((await lab.outcome()).persons).toEqual(persons);
    // From its own change on, the present rules hold for an account.
    await lab.change(user, { email: 'ann2@example.org' });
    await lab.correlate();
    expect((await lab.outcome()).persons).toEqual([['ad-ann', 'mail-2'], ['hr-ann'], ['mail-ann']]);
    // Sets are kept while a link is of them.
    expect((await lab.pool.query('select from correlation_rule_set')).rowCount).toBe(1);
    await put(RULES, { rules: [byEmployeeId] });
    expect((await lab.pool.query('select from correlation_rule_set')).rowCount).toBe(2);
  });

  it('leaves whom older rules linked when an attribute is compared no more', async () => {
    await lab.account(hr, 'hr-ann', { accountName: 'ann' });
    const user = await lab.account(directory, 'ad-ann', { accountName: 'ann' });
    await lab.pool.query(`update directory_object set attributes = '{"badge": ["B 7"]}' where id = $1`, [
      user,
    ]);
    const by = (attribute: string) => ({ rules: [{ type: 'exact', name: attribute, attribute }] });
    for (const attribute of ['accountName', 'badge', 'employeeId']) {
      expect((await put(RULES, by(attribute))).status).toBe(200);
      await lab.correlate();
      await lab.correlateEverything();
      expect((await lab.outcome()).persons).toEqual([['ad-ann', 'hr-ann']]);
    }
    const { rowCount } = await lab.pool.query(`select from correlation_key where attribute = 'badge'`);
    expect(rowCount).toBe(0);
  });

  it('asks no longer where a rule says that several may share a value', async () => {
    await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    await lab.account(directory, 'ad-1', { email: 'ann@example.org' });
    await lab.account(directory, 'ad-2', { email: 'ann@example.org' });
    await lab.correlate();
    expect(Object.keys((await lab.outcome()).cases)).toEqual(['ad-1', 'ad-2']);
    await put(RULES, { rules: [{ type: 'exact', name: 'Email', attribute: 'email', several: true }] });
    expect(await lab.outcome()).toEqual({ persons: [['ad-1', 'ad-2', 'hr-ann']], cases: {} });
  });
});

describe('/api/sync/projects/{id}/correlation-rules', () => {
  it('are the rules of all until the project has its own, and again without them', async () => {
    const project = await insertProject(lab.pool, directory);
    const path = `/api/sync/projects/${project}/correlation-rules`;
    expect((await api.get(path)).body.data).toMatchObject({ scope: 'global', version: 0 });
    expect((await api.delete(path)).status).toBe(404);

    await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    const claimed = await lab.account(directory, 'ad-claimed', { accountName: 'ann@example.org' });
    await insertClaim(lab.pool, { connectionId: directory, objectId: claimed, projectId: project });
    await lab.correlate();
    const saved = await put(path, { rules: [] });
    expect(saved.body.data).toMatchObject({ scope: 'project', rules: [], version: 1 });
    expect((await api.get(RULES)).body.data.scope).toBe('global');
    // The account has the project's rules, which compare nothing, from now on.
    await lab.change(claimed, { email: 'ann@example.org' });
    await lab.correlate();
    expect((await lab.outcome()).persons).toEqual([['ad-claimed'], ['hr-ann']]);
    expect((await api.delete(path)).status).toBe(204);
    expect((await lab.outcome()).persons).toEqual([['ad-claimed', 'hr-ann']]);
    expect((await api.get(path)).body.data.scope).toBe('global');
  });

  it('answer 404 without the project', async () => {
    const path = `/api/sync/projects/${UNKNOWN}/correlation-rules`;
    expect((await api.get(path)).status).toBe(404);
    expect((await put(path, byEmployeeId)).status).toBe(404);
    expect((await api.delete(path)).status).toBe(404);
  });

  const waiting = (count: number) =>
    until(`${count} to wait for a lock`, async () => {
      const { rowCount } = await lab.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rowCount === count;
    });

  it('answer 404 when the project is deleted while they wait for their turn', async () => {
    const project = await insertProject(lab.pool, directory);
    const correlating = await lab.pool.connect();
    await correlating.query('begin');
    await lockCorrelation(correlating);
    const deleted = api.delete(`/api/sync/projects/${project}`);
    await waiting(1);
    const saved = put(`/api/sync/projects/${project}/correlation-rules`, byEmployeeId);
    await waiting(2);
    await correlating.query('commit');
    correlating.release();
    expect([(await deleted).status, (await saved).status]).toEqual([204, 404]);
  });

  it('wait for a deletion of the project, and not in its way', async () => {
    const project = await insertProject(lab.pool, directory);
    // As a deletion goes on.
    const deleting = await lab.pool.connect();
    await deleting.query('begin');
    await deleting.query('select from sync_project where id = $1 for update', [project]);
    const saved = put(`/api/sync/projects/${project}/correlation-rules`, byEmployeeId);
    await waiting(1);
    await lockCorrelation(deleting);
    await deleting.query('delete from sync_project where id = $1', [project]);
    await deleting.query('commit');
    deleting.release();
    expect((await saved).status).toBe(404);
  });
});
