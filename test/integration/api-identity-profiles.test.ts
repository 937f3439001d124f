// Identity profiles over HTTP: what is saved and refused.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestApi } from '../support/api.ts';
import { insertAccount, insertConnection } from '../support/factories.ts';
import { config, mapping, of, UNKNOWN_ID } from '../support/profiles.ts';
import { openProfilesLab, type ProfilesLab } from '../support/profiles-lab.ts';
import { until } from '../support/until.ts';

let lab: ProfilesLab;
let api: TestApi;
let hr: string;

beforeAll(async () => {
  lab = await openProfilesLab();
  ({ api, hr } = lab);
});
afterAll(() => lab?.close());

const draft = (more?: object) => lab.draft(more);
const created = (more?: object) => lab.created(more);
const person = (...given: Parameters<ProfilesLab['person']>) => lab.person(...given);

const everything = async () =>
  (await api.database.pool.query('select asked > answered as everything from correlation_state')).rows[0]
    .everything;

describe('POST /api/identity-profiles', () => {
  it('takes a name and a source, by id or by name, and makes everything be correlated anew', async () => {
    const answer = await api.post('/api/identity-profiles', draft({ authoritativeSource: { name: 'HR' } }));
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/identity-profiles/${answer.body.data.id}`);
    expect(answer.headers.get('etag')).toMatch(/^"\d+"$/);
    expect(answer.body.data).toMatchObject({
      description: null,
      owner: null,
      priority: 10,
      authoritativeSource: { id: hr, name: 'HR' },
      enabled: true,
      identityAttributeConfig: { enabled: true, attributeTransforms: [] },
      identityRefreshRequired: true,
      hasTimeBasedAttr: false,
      identityExceptionReportReference: null,
      identityCount: 0,
    });
    expect(await everything()).toBe(true);
  });

  it('knows what depends on the present time', async () => {
    const now = { type: 'dateMath', attributes: { expression: 'now', roundUp: false } };
    expect((await created(config(mapping('today', now)))).hasTimeBasedAttr).toBe(true);
  });

  it.each([
    [{ authoritativeSource: { id: UNKNOWN_ID } }, 'body.authoritativeSource.id', 'no connection'],
    [{ authoritativeSource: { name: 'nobody' } }, 'body.authoritativeSource.name', "named 'nobody'"],
    [{ authoritativeSource: {} }, 'body.authoritativeSource', 'an id or a name'],
    [{ owner: { id: UNKNOWN_ID } }, 'body.owner.id', 'no person'],
    [{ priority: -1 }, 'body.priority', ''],
    [{ odd: 1 }, 'body.odd', ''],
    [
      config(mapping('a', { type: 'rule', attributes: { name: 'Mine' } })),
      'body.identityAttributeConfig.attributeTransforms.0.transformDefinition.type',
      'runs code',
    ],
    [
      config(mapping('a', of('x', 'Elsewhere'))),
      'body.identityAttributeConfig.attributeTransforms.0.transformDefinition',
      "'Elsewhere'",
    ],
    [
      config(mapping('a', of('x')), mapping('a', of('y'))),
      'body.identityAttributeConfig.attributeTransforms.1.identityAttributeName',
      'mapped already',
    ],
    [
      config(mapping('a', { name: 'own', ...of('x') }), mapping('b', { name: 'own', ...of('y') })),
      'body.identityAttributeConfig.attributeTransforms.1.transformDefinition.name',
      "'own' is the name of",
    ],
  ])('refuses %j, naming %s', async (more, path, message) => {
    const answer = await api.post('/api/identity-profiles', draft(more));
    expect(answer.status).toBe(400);
    const detail = answer.body.details.find((one: { path: string }) => one.path === path);
    expect(detail?.message).toContain(message);
  });

  it('refuses a name that is taken, whatever its case', async () => {
    const { name } = await created();
    const answer = await api.post('/api/identity-profiles', draft({ name: name.toUpperCase() }));
    expect(answer.status).toBe(409);
  });

  it('lets mappings refer to those that have a name', async () => {
    const small = { name: 'small', type: 'lower', attributes: { input: of('mail') } };
    await created(
      config(mapping('email', small), mapping('other', { type: 'reference', attributes: { id: 'small' } })),
    );
  });
});

describe('reading and changing', () => {
  it('lists, sorts, filters and exports', async () => {
    await created({ name: 'zz early', priority: 1, enabled: false });
    const answer = await api.get('/api/identity-profiles?sort=priority&search=EARLY&enabled=false');
    expect(answer.body.data.map(({ name }: { name: string }) => name)).toEqual(['zz early']);
    expect((await api.get(`/api/identity-profiles?connectionId=${UNKNOWN_ID}`)).body.totalCount).toBe(0);
    const csv = await api.get('/api/identity-profiles?format=csv&search=early');
    expect(csv.text.split('\r\n')[0]).toContain('authoritativeSource.name');
  });

  it('changes what is given, and says that a refresh is due', async () => {
    const owner = await person({});
    const profile = await created(config(mapping('title', of('title'))));
    await api.database.pool.query('update correlation_state set answered = asked');
    await api.database.pool.query('update identity_profile set identity_refresh_required = false');
    const path = `/api/identity-profiles/${profile.id}`;
    const answer = await api.patch(path, { description: 'of people', owner: { id: owner } });
    expect(answer.body.data).toMatchObject({
      ...profile,
      description: 'of people',
      owner: { id: owner, name: 'somebody' },
      identityRefreshRequired: true,
      updatedAt: expect.any(String),
    });
    expect(await everything()).toBe(false);
    await api.patch(path, { priority: 99 });
    expect(await everything()).toBe(true);
  });

  it('keeps the order in which attributes are written: of a table it decides', async () => {
    const table = { ab: 'x', a: 'y', 'a.*': 'z' };
    const replaced = mapping('text', { type: 'replaceAll', attributes: { table, input: of('said') } });
    const profile = await created(config(replaced));
    const path = `/api/identity-profiles/${profile.id}`;
    const personId = await person({ said: ['ab'] });
    const texts = async () => {
      const { body } = await api.post(`${path}/preview`, { personId });
      return body.data.attributes.map((attribute: { value: string }) => attribute.value);
    };
    expect(await texts()).toEqual(['x']);
    await api.patch(path, config(replaced));
    expect(await texts()).toEqual(['x']);
    const [saved] = (await api.get(path)).body.data.identityAttributeConfig.attributeTransforms;
    expect(JSON.stringify(saved)).toBe(JSON.stringify(replaced));
  });

  it('takes back what it gave', async () => {
    const { name, description, owner, priority, authoritativeSource, identityAttributeConfig, id } =
      await created(config(mapping('title', of('title'))));
    const body = { name, description, owner, priority, authoritativeSource, identityAttributeConfig };
    expect((await api.patch(`/api/identity-profiles/${id}`, body)).status).toBe(200);
  });

  it('refuses to change or delete what was changed since it was read', async () => {
    const { id } = await created();
    const path = `/api/identity-profiles/${id}`;
    const tag = (await api.get(path)).headers.get('etag') as string;
    const headers = { 'if-match': tag };
    expect((await api.patch(path, { priority: 3 }, { headers })).status).toBe(200);
    const late = await api.patch(path, { priority: 4 }, { headers });
    expect(late.status).toBe(412);
    expect(late.body.message).toContain('ETag');
    expect((await api.delete(path, { headers })).status).toBe(412);
    expect((await api.get(path)).body.data.priority).toBe(3);
    expect((await api.delete(path, { headers: { 'if-match': '*' } })).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
  });

  it('leaves the persons of a deleted profile, to be refreshed', async () => {
    const { id } = await created();
    const somebody = await person({});
    const { pool } = api.database;
    await pool.query('update person set identity_profile_id = $1 where id = $2', [id, somebody]);
    await api.delete(`/api/identity-profiles/${id}`);
    const { rows } = await pool.query(
      'select identity_profile_id, exists (select from refresh_wanted where person_id = id) as wanted from person where id = $1',
      [somebody],
    );
    expect(rows).toEqual([{ identity_profile_id: null, wanted: true }]);
  });

  it('keeps its connection from being deleted', async () => {
    const connection = await insertConnection(api.database.pool);
    const { id, name } = await created({ authoritativeSource: { id: connection } });
    const refused = await api.delete(`/api/connections/${connection}`);
    expect(refused.status).toBe(409);
    expect(refused.body.message).toContain(name);
    await api.delete(`/api/identity-profiles/${id}`);
    expect((await api.delete(`/api/connections/${connection}`)).status).toBe(204);
  });

  it('keeps connections that its transforms read from being deleted or losing that name', async () => {
    const { pool } = api.database;
    const read = await insertConnection(pool, { name: 'Badges' });
    const byId = { type: 'accountAttribute', attributes: { sourceId: read, attributeName: 'badge' } };
    const { id, name } = await created({
      enabled: false,
      ...config(mapping('badge', of('badge', 'Badges'))),
    });
    const path = `/api/connections/${read}`;
    const renamed = await api.patch(path, { name: 'Cards' });
    expect([renamed.status, renamed.body.message]).toEqual([409, expect.stringContaining(name)]);
    expect(renamed.body.message).toContain('sourceId');
    const deleted = await api.delete(path);
    expect([deleted.status, deleted.body.message]).toEqual([409, expect.stringContaining(name)]);
    expect((await api.get(path)).body.data.name).toBe('Badges');
    // What does not change the name is nobody's concern.
    expect((await api.patch(path, { name: 'Badges' })).status).toBe(200);
    await api.patch(`/api/identity-profiles/${id}`, config(mapping('badge', byId)));
    expect((await api.patch(path, { name: 'Cards' })).status).toBe(200);
    expect((await api.delete(path)).status).toBe(409);
    await api.delete(`/api/identity-profiles/${id}`);
    expect((await api.delete(path)).status).toBe(204);
  });

  it('is saved after whoever renames a connection that it reads at this moment', async () => {
    const { pool } = api.database;
    const read = await insertConnection(pool, { name: 'Old name' });
    const renaming = await pool.connect();
    try {
      await renaming.query('begin');
      await renaming.query(`update connection set name = 'New name' where id = $1`, [read]);
      const saving = api.post('/api/identity-profiles', draft(config(mapping('a', of('a', 'Old name')))));
      await until('the profile to wait for the connection', async () => {
        const { rowCount } = await pool.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        return (rowCount ?? 0) > 0;
      });
      await renaming.query('commit');
      const { status, body } = await saving;
      expect([status, body.details?.[0].message]).toEqual([400, expect.stringContaining("'Old name'")]);
    } finally {
      renaming.release(true);
    }
  });

  it('asks for scopes', async () => {
    await insertAccount(api.database.pool, { username: 'audit', password: 'audit audit', role: 'auditor' });
    const token = await api.login('audit', 'audit audit');
    expect((await api.get('/api/identity-profiles', { token })).status).toBe(200);
    expect((await api.post('/api/identity-profiles', draft(), { token })).status).toBe(403);
  });
});
