// Entity tags over HTTP: whatever can be changed or deleted is not, where it was read before somebody else changed it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contract } from '../../contracts/index.ts';
import { operationsOf } from '../../contracts/routes.ts';
import { hasEntityTag } from '../../contracts/scopes.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createConnection, csv, ldap } from '../support/connection-bodies.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { testEnvironment } from '../support/environment.ts';

let lab: CorrelationLab;
let api: TestApi;
let count = 0;

beforeAll(async () => {
  lab = await correlationLab();
  const settings = { TEMPORAL_ADDRESS: testEnvironment().temporalAddress };
  api = await startApi({ databaseUrl: lab.databaseUrl, settings });
});
afterAll(async () => {
  await api?.close();
  await lab?.close();
});

interface Resource {
  path: string;
  /** What the tag is of, where that is another. */
  tagged?: string;
  body?: object;
}

const next = (what: string) => {
  count += 1;
  return `${what} ${count}`;
};

async function made(path: string, body: object): Promise<string> {
  const answer = await api.post(path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return `${path}/${answer.body.data.id}`;
}

const connection = async () => `/api/connections/${await createConnection(api, ldap())}`;
const profile = async () =>
  made('/api/identity-profiles', {
    name: next('profile'),
    authoritativeSource: { id: await createConnection(api, ldap()) },
  });
const project = async () =>
  made('/api/sync/projects', { name: next('project'), connectionId: await createConnection(api, ldap()) });

/** A person with accounts on two connections, by whatever rules, and one of these. */
async function person(): Promise<[path: string, account: string]> {
  const keys = { employeeId: next('employee'), email: `${next('mail')}@example.org` };
  const account = await lab.account(await lab.connection(next('source')), next('one'), keys);
  await lab.account(await lab.connection(next('source')), next('other'), keys);
  await lab.correlate();
  const { personId } = (await api.get(`/api/users/${account}`)).body.data;
  return [`/api/persons/${personId}`, account];
}

const rules = () => ({ rules: [{ type: 'exact', name: next('rule'), attribute: 'email' }] });

async function projectRules(): Promise<string> {
  const path = `${await project()}/correlation-rules`;
  await api.request('PUT', path, { body: rules() });
  return path;
}

/** Of each operation something that it can be tried on. */
const RESOURCES: Record<string, () => Promise<Resource>> = {
  'connections.update': async () => ({ path: await connection(), body: { name: next('renamed') } }),
  'connections.delete': async () => ({ path: await connection() }),
  'connectionFiles.delete': async () => {
    const files = `/api/connections/${await createConnection(api, csv())}/files`;
    const headers = { 'content-type': 'text/csv' };
    await api.request('POST', `${files}?name=people.csv`, { rawBody: 'id\n1\n', headers });
    return { path: `${files}/people.csv` };
  },
  'syncProjects.update': async () => ({ path: await project(), body: { description: next('text') } }),
  'syncProjects.delete': async () => ({ path: await project() }),
  'clients.delete': async () => ({ path: await made('/api/auth/clients', { name: next('client') }) }),
  'correlation.saveRules': async () => ({ path: '/api/correlation-rules', body: rules() }),
  'correlation.saveProjectRules': async () => ({ path: await projectRules(), body: rules() }),
  'correlation.deleteProjectRules': async () => ({ path: await projectRules() }),
  'identityProfiles.update': async () => ({ path: await profile(), body: { priority: 77 } }),
  'identityProfiles.delete': async () => ({ path: await profile() }),
  'persons.update': async () => ({ path: (await person())[0], body: { lifecycleState: 'inactive' } }),
  'persons.unlink': async () => {
    const [path, account] = await person();
    return { path: `${path}/links/${account}`, tagged: path };
  },
};

const changing = operationsOf(contract).filter(
  ({ route }) => hasEntityTag(route) && ['PUT', 'PATCH', 'DELETE'].includes(route.method),
);

describe('If-Match', () => {
  it.each(changing)('of $name', async ({ name, route }) => {
    const resource = RESOURCES[name];
    if (!resource) throw new Error(`${name}: there is nothing to try it on; add it to RESOURCES`);
    const { path, tagged = path, body } = await resource();
    const tag = (await api.get(tagged)).headers.get('etag');
    expect(tag).toMatch(/^"[\w-]+"$/);
    const change = (ifMatch: string) =>
      api.request(route.method, path, { headers: { 'if-match': ifMatch }, ...(body && { body }) });
    const late = await change('"of another version"');
    expect([late.status, late.body.message]).toEqual([412, expect.stringContaining(tag as string)]);
    expect((await api.get(tagged)).headers.get('etag')).toBe(tag);
    expect((await change(`"of another version", ${tag}`)).status).toBeLessThan(300);
    // What is left has another tag, so that whoever has read it before is late.
    expect((await api.get(tagged)).headers.get('etag')).not.toBe(tag);
  });
});

describe('ETag', () => {
  it('is of what people know of a person: its accounts too', async () => {
    const [path] = await person();
    const tag = (await api.get(path)).headers.get('etag');
    const stray = await lab.account(await lab.connection(next('source')), next('stray'), {});
    await lab.correlate();
    await api.post(`${path}/links`, { objectId: stray });
    expect((await api.get(path)).headers.get('etag')).not.toBe(tag);
  });

  it('changes with what is shown of that which nobody can change here', async () => {
    const [, account] = await person();
    for (const path of [`/api/users/${account}`, `/api/objects/${account}`]) {
      const read = await api.get(path);
      const tag = read.headers.get('etag') as string;
      expect((await api.get(path)).headers.get('etag')).toBe(tag);
      await lab.change(account, { email: `${next('mail')}@example.org` });
      expect((await api.get(path)).headers.get('etag')).not.toBe(tag);
    }
  });
});
