// The limits a minute and an hour, counted over all API processes together.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount } from '../support/factories.ts';

let database: TestDatabase;
const started: TestApi[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const api of started.splice(0)) await api.close();
  await database.drop();
});

async function apiWith(
  perMinute: number,
  perHour: number,
  more: Record<string, string> = {},
): Promise<TestApi> {
  const api = await startApi({
    databaseUrl: database.url,
    settings: {
      IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: String(perMinute),
      IDENTITY_CENTER_RATE_LIMIT_PER_HOUR: String(perHour),
      ...more,
    },
  });
  started.push(api);
  return api;
}

describe('rate limits', () => {
  it('turn away what is above the minute, with Retry-After and the headers of the draft', async () => {
    const api = await apiWith(5, 100);
    const token = await api.login();
    for (let left = 4; left >= 0; left -= 1) {
      const answer = await api.get('/api/users', { token });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('ratelimit-policy')).toBe('"minute";q=5;w=60, "hour";q=100;w=3600');
      expect(answer.headers.get('ratelimit')).toMatch(
        new RegExp(`^"minute";r=${left};t=\\d+, "hour";r=${left + 95};t=\\d+$`),
      );
    }
    const refused = await api.get('/api/users', { token });
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ error: 'Too Many Requests', statusCode: 429 });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60).toBe(true);
    expect(refused.headers.get('ratelimit')).toMatch(/^"minute";r=0;t=\d+$/);
  });

  it('count an account over processes and tokens', async () => {
    const [one, two] = [await apiWith(4, 0), await apiWith(4, 0)];
    const [first, second] = [await one.login(), await two.login()];
    expect((await one.get('/api/users', { token: first })).status).toBe(200);
    expect((await two.get('/api/users', { token: first })).status).toBe(200);
    expect((await two.get('/api/users', { token: second })).status).toBe(200);
    expect((await one.get('/api/users', { token: second })).status).toBe(200);
    expect((await one.get('/api/users', { token: first })).status).toBe(429);
    expect((await two.get('/api/users', { token: second })).status).toBe(429);
    await insertAccount(one.database.pool, { username: 'other', password: 'another-one', role: 'auditor' });
    const other = await one.login('other', 'another-one');
    expect((await one.get('/api/users', { token: other })).status).toBe(200);
  });

  it('apply the hour when the minute is off, and nothing when both are', async () => {
    const api = await apiWith(0, 2);
    const token = await api.login();
    expect((await api.get('/api/users', { token })).headers.get('ratelimit-policy')).toBe(
      '"hour";q=2;w=3600',
    );
    await api.get('/api/users', { token });
    const refused = await api.get('/api/users', { token });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    const off = await apiWith(0, 0);
    expect((await off.get('/api/users', { token })).headers.get('ratelimit-policy')).toBeNull();
  });

  it('count requests without a valid token by address, unknown paths too, and the proxy says whose', async () => {
    const api = await apiWith(3, 0, { TRUST_PROXY: 'loopback' });
    const from = (address: string, path: string, token: string | null = null) =>
      api.get(path, { token, headers: { 'x-forwarded-for': address } });
    expect((await from('198.51.100.1', '/api/users')).status).toBe(401);
    expect((await from('198.51.100.1', '/api/nothing')).status).toBe(404);
    expect((await from('198.51.100.1', '/api/users', 'made-up')).status).toBe(401);
    expect((await from('198.51.100.1', '/api/users', 'made-up-again')).status).toBe(429);
    expect((await from('198.51.100.2', '/api/users')).status).toBe(401);
  });

  it('count requests whose caller cannot be told', async () => {
    const api = await apiWith(2, 0);
    const refused = () => api.get('/api/users?access_token=x', { token: null });
    const first = await refused();
    expect([first.status, first.headers.get('ratelimit')]).toEqual([400, expect.stringContaining('r=1')]);
    expect((await refused()).status).toBe(400);
    expect((await refused()).status).toBe(429);
    expect((await api.get('/api/users', { token: null })).status).toBe(429);
  });

  it('do not believe X-Forwarded-For without TRUST_PROXY', async () => {
    const api = await apiWith(2, 0);
    const from = (address: string) =>
      api.get('/api/users', { token: null, headers: { 'x-forwarded-for': address } });
    await from('198.51.100.1');
    await from('198.51.100.2');
    expect((await from('198.51.100.3')).status).toBe(429);
  });

  it('leave health and the pages of the documentation alone', async () => {
    const api = await apiWith(1, 1);
    for (let index = 0; index < 4; index += 1) {
      expect((await api.get('/api/health', { token: null })).status).toBe(200);
      expect((await api.get('/api/docs/', { token: null })).status).toBe(200);
    }
    expect((await api.get('/api/users', { token: null })).status).toBe(401);
    expect((await api.get('/api/users', { token: null })).status).toBe(429);
  });
});
