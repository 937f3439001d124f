// The vendor's own npm client, unchanged, against our server: its sign-in, its two APIs, and its paginator.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Configuration,
  IdentitiesBetaApi,
  type IdentityBeta,
  IdentityProfilesApi,
  Paginator,
} from 'sailpoint-api-client';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';
import { insertIdentityProfile } from '../support/person-rows.ts';
import { makeClient } from '../support/sailpoint.ts';
import { checkDocument } from '../support/sailpoint-documents.ts';

const PERSONS = 1_203;

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  const { pool } = api.database;
  const connection = await insertConnection(pool, { name: 'HR' });
  const profile = await insertIdentityProfile(pool, connection, { name: 'Employees' });
  await pool.query(
    `insert into person (display_name, alias, email, correlated, identity_profile_id)
     select 'Person ' || lpad(i::text, 5, '0'), 'p' || i, 'p' || i || '@example.com', true, $1
     from generate_series(1, ${PERSONS}) i`,
    [profile],
  );
  await pool.query(
    `insert into person (display_name) select 'Nobody''s ' || i from generate_series(1, 20) i`,
  );
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

// The client tells the console about each page.
beforeEach(() => void jest.spyOn(console, 'log').mockImplementation(() => {}));
afterEach(() => void jest.restoreAllMocks());

async function configuration(client: object = { authorities: ['API'] }): Promise<Configuration> {
  const { clientId, clientSecret } = await makeClient(api, client);
  return new Configuration({
    baseurl: api.baseUrl,
    tokenUrl: `${api.baseUrl}/oauth/token`,
    clientId,
    clientSecret,
  });
}

describe("the vendor's client", () => {
  it('lists identities', async () => {
    const identities = new IdentitiesBetaApi(await configuration());
    const { status, data, headers } = await identities.listIdentities({
      filters: 'name sw "Person 0000" and (email eq "P7@example.com" or alias eq "p8")',
      sorters: '-name',
      defaultFilter: 'CORRELATED_ONLY',
      count: true,
    });
    expect([status, headers['x-total-count']]).toEqual([200, '2']);
    expect(data.map(({ name }) => name)).toEqual(['Person 00008', 'Person 00007']);
    expect(data[0]).toMatchObject({
      alias: 'p8',
      emailAddress: 'p8@example.com',
      identityStatus: 'UNREGISTERED',
    });
    checkDocument({ path: '/beta/identities', status, body: data });
    const all = await identities.listIdentities({ defaultFilter: 'NONE', count: true, limit: 1 });
    expect(all.headers['x-total-count']).toBe(String(PERSONS + 20));
  });

  it('lists identity profiles', async () => {
    const profiles = new IdentityProfilesApi(await configuration());
    const { status, data } = await profiles.listIdentityProfiles({
      filters: 'name eq "Employees"',
      sorters: 'owner.name',
      count: true,
    });
    checkDocument({ path: '/v3/identity-profiles', status, body: data });
    expect(data).toMatchObject([
      {
        name: 'Employees',
        authoritativeSource: { type: 'SOURCE', name: 'HR' },
        identityCount: PERSONS,
        priority: 10,
      },
    ]);
  });

  it('pages through more than a thousand identities, each of them once', async () => {
    const identities = new IdentitiesBetaApi(await configuration());
    const found = await Paginator.paginate(identities, identities.listIdentities, { sorters: 'name' });
    checkDocument({ path: '/beta/identities', status: 200, body: found.data });
    const names = found.data.map(({ name }: IdentityBeta) => name);
    expect(names).toHaveLength(PERSONS);
    expect(new Set(found.data.map(({ id }) => id)).size).toBe(PERSONS);
    expect(names).toEqual(names.toSorted());
    const some = await Paginator.paginate(identities, identities.listIdentities, { limit: 1_000 }, 100);
    expect(some.data).toHaveLength(1_000);
  });

  it('is told what was wrong', async () => {
    const settings = await configuration({ authorities: [] });
    const refused = new IdentityProfilesApi(settings).listIdentityProfiles({});
    await expect(refused).rejects.toMatchObject({
      response: { status: 403, data: { detailCode: '403 Forbidden' } },
    });
    const wrong = new IdentitiesBetaApi(settings).listIdentities({ filters: 'name co "x"' });
    await expect(wrong).rejects.toMatchObject({
      response: { status: 400, data: { detailCode: '400.1 Bad Request Content' } },
    });
  });
});
