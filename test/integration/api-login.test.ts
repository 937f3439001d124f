// Signing in, and the delay after failures.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount } from '../support/factories.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const login = (username: string, password: string, target = api) =>
  target.post('/api/auth/login', { username, password }, { token: null });

describe('POST /api/auth/login', () => {
  it('gives a token, its end, and the account without its hash', async () => {
    const answer = await login('ADMIN', ADMIN_PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({
      tokenType: 'Bearer',
      account: { username: 'admin', role: 'admin', displayName: 'Administrator' },
    });
    const hours = (Date.parse(answer.body.data.expiresAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.9);
    expect(hours).toBeLessThanOrEqual(12);
    expect(answer.text).not.toContain('argon2');
    const me = await api.get('/api/auth/me', { token: answer.body.data.token });
    expect(me.body.data).toMatchObject({ username: 'admin', expiresAt: answer.body.data.expiresAt });
    expect(me.body.data.scopes).toContain('sync:run');
  });

  it('stores a hash and never the token or the password', async () => {
    const token = await api.login();
    const { pool } = api.database;
    const stored = await pool.query(
      'select to_jsonb(t) as token, to_jsonb(a) as account from access_token t join account a on a.id = t.account_id',
    );
    const text = JSON.stringify(stored.rows);
    expect(text).not.toContain(token);
    expect(text).not.toContain(ADMIN_PASSWORD);
    expect(text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  });

  it('answers the same for a wrong password, an unknown name and a disabled account', async () => {
    await insertAccount(api.database.pool, {
      username: 'sleeper',
      password: 'right-one',
      role: 'admin',
      enabled: false,
    });
    const answers = [
      await login('admin', 'wrong'),
      await login('nobody', 'wrong'),
      await login('sleeper', 'right-one'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({
        error: 'Unauthorized',
        message: 'Username or password is wrong.',
        statusCode: 401,
      });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    }
    await login('admin', ADMIN_PASSWORD);
  });

  it('takes as long for unknown names as for known ones', async () => {
    await insertAccount(api.database.pool, {
      username: 'timed',
      password: 'timed-password',
      role: 'auditor',
    });
    const median = async (name: (index: number) => string) => {
      const times: number[] = [];
      for (let index = 0; index < 9; index += 1) {
        const started = performance.now();
        await login(name(index), 'wrong-password');
        times.push(performance.now() - started);
        await api.database.pool.query('delete from login_failure');
      }
      return times.sort((a, b) => a - b)[4] as number;
    };
    const ratio = (await median(() => 'timed')) / (await median((index) => `unknown-${index}`));
    // Without the same work for both it is tenfold; a busy machine makes twofold.
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.5);
  });

  it('delays tries after three failures, ever longer, and looks at the right password after the delay', async () => {
    await insertAccount(api.database.pool, {
      username: 'locked',
      password: 'the-right-one',
      role: 'auditor',
    });
    for (let index = 0; index < 3; index += 1) expect((await login('locked', 'wrong')).status).toBe(401);
    const refused = await login('locked', 'the-right-one');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    await until('the delay to end', async () => (await login('locked', 'wrong again')).status === 401);
    const longer = await login('locked', 'the-right-one');
    expect(longer.status).toBe(429);
    expect(longer.headers.get('retry-after')).toBe('2');
    // An unknown name is treated alike, so that nothing tells which names exist.
    for (let index = 0; index < 3; index += 1) await login('never-there', 'wrong');
    expect((await login('never-there', 'wrong')).status).toBe(429);
    await until('the delay to end', async () => (await login('locked', 'the-right-one')).status === 200);
    expect((await login('locked', 'wrong')).status).toBe(401);
    expect((await login('locked', 'the-right-one')).status).toBe(200);
  });

  it('looks at few of many tries at once, and at the right password after the delay', async () => {
    await insertAccount(api.database.pool, {
      username: 'hammered',
      password: 'the-right-one',
      role: 'auditor',
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => login('hammered', 'wrong')));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    // A busy machine may let a delay of one second run out in between.
    expect(count(401)).toBeGreaterThanOrEqual(3);
    expect(count(401)).toBeLessThanOrEqual(5);
    expect(count(401) + count(429)).toBe(20);
    for (const answer of answers.filter(({ status }) => status === 429))
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await until('the delay to end', async () => (await login('hammered', 'the-right-one')).status === 200);
    expect((await login('hammered', 'the-right-one')).status).toBe(200);
  });

  it('counts failures over all processes and by address, so that others are not locked out', async () => {
    await insertAccount(api.database.pool, {
      username: 'shared',
      password: 'the-right-one',
      role: 'auditor',
    });
    const other = await startApi({ databaseUrl: database.url, settings: { TRUST_PROXY: 'loopback' } });
    try {
      for (let index = 0; index < 3; index += 1) await login('shared', 'wrong');
      expect((await login('shared', 'the-right-one', other)).status).toBe(429);
      const elsewhere = await other.post(
        '/api/auth/login',
        { username: 'shared', password: 'the-right-one' },
        { token: null, headers: { 'x-forwarded-for': '198.51.100.7' } },
      );
      expect(elsewhere.status).toBe(200);
    } finally {
      await other.close();
    }
  });
});
