// Logging in and out with the command line client, and what it says when it cannot.
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../tools/free-port.ts';
import { ADMIN_PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { type Cli, openCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount } from '../support/factories.ts';

let database: TestDatabase;
let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

beforeEach(() => {
  cli = openCli({ IDENTITY_CENTER_URL: api.baseUrl });
});

afterEach(() => cli?.close());

const LOGIN = ['login', '--username', 'admin'];
const byEnvironment = { environment: { IDENTITY_CENTER_PASSWORD: ADMIN_PASSWORD } };
const storedToken = () => JSON.parse(readFileSync(cli.loginFile, 'utf8')).logins[api.baseUrl]?.token;

describe('login', () => {
  it('takes the password from standard input and keeps a token that only its owner can read', async () => {
    const result = await cli.run([...LOGIN, '--password-stdin'], { stdin: `${ADMIN_PASSWORD}\n` });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^Logged in to http:\/\/127\.0\.0\.1:\d+ as admin \(admin\) until /);
    expect(statSync(cli.loginFile).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(cli.loginFile)).mode & 0o777).toBe(0o700);
    expect(readFileSync(cli.loginFile, 'utf8')).not.toContain(ADMIN_PASSWORD);
    expect((await api.get('/api/auth/me', { token: storedToken() })).status).toBe(200);
    expect((await cli.run(['connections'])).code).toBe(0);
  });

  it('takes it from the environment, and shows no token with --json', async () => {
    const result = await cli.run([...LOGIN, '--json'], byEnvironment);
    expect(result.code).toBe(0);
    expect(result.document()).toEqual({
      data: {
        serverUrl: api.baseUrl,
        account: expect.objectContaining({ username: 'admin', role: 'admin' }),
        expiresAt: expect.stringMatching(/Z$/),
        loginFile: cli.loginFile,
      },
    });
    expect(result.stdout).not.toContain(storedToken());
  });

  it('says where a password could come from when there is nobody to ask', async () => {
    const result = await cli.run(LOGIN);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('--password-stdin');
  });

  it('ends with 3 for a wrong password, and keeps nothing', async () => {
    const result = await cli.run([...LOGIN, '--password-stdin', '--json'], { stdin: 'wrong password' });
    expect(result.code).toBe(3);
    expect(result.document()).toMatchObject({
      error: { code: 'not_logged_in', statusCode: 401, message: expect.any(String) },
      exitCode: 3,
    });
    expect(result.stderr).toMatch(/^Error 401 Unauthorized: .+\n$/);
    expect(result.stderr).not.toContain('`identity-center login`');
    expect(() => statSync(cli.loginFile)).toThrow('ENOENT');
  });

  it('waits as long as the server asks it to, and tries again', async () => {
    const body = { username: 'admin', password: 'wrong' };
    for (let tries = 0; ; tries += 1) {
      const { status } = await api.post('/api/auth/login', body, { token: null });
      if (status === 429) break;
      expect(tries).toBeLessThan(10);
    }
    const result = await cli.run(LOGIN, byEnvironment);
    expect(result.stderr).toMatch(/trying again in \d+ s/);
    expect(result.code).toBe(0);
  });
});

describe('a token', () => {
  it('is not sent to another server', async () => {
    await cli.run(LOGIN, byEnvironment);
    const elsewhere = { IDENTITY_CENTER_URL: api.baseUrl.replace('127.0.0.1', 'localhost') };
    const result = await cli.run(['projects', '--json'], { environment: elsewhere });
    expect(result.code).toBe(3);
    expect(result.document()).toMatchObject({ error: { code: 'not_logged_in' }, exitCode: 3 });
  });

  it('comes from IDENTITY_CENTER_TOKEN before all', async () => {
    const environment = { IDENTITY_CENTER_TOKEN: await api.login() };
    expect((await cli.run(['projects'], { environment })).code).toBe(0);
    await cli.run(LOGIN, byEnvironment);
    const refused = await cli.run(['projects'], { environment: { IDENTITY_CENTER_TOKEN: 'forged' } });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('`identity-center login` logs in');
  });

  it('that lacks a scope ends with 3 and names it', async () => {
    await insertAccount(api.database.pool, {
      username: 'rita',
      password: 'a long password',
      role: 'reviewer',
    });
    const environment = { IDENTITY_CENTER_TOKEN: await api.login('rita', 'a long password') };
    const result = await cli.run(['connections', '--json'], { environment });
    expect(result.code).toBe(3);
    expect(result.document().error).toMatchObject({ code: 'forbidden', statusCode: 403 });
    expect(result.stderr).toContain('connections:read');
  });
});

describe('logout', () => {
  it('revokes the token and forgets it', async () => {
    await cli.run(LOGIN, byEnvironment);
    const token = storedToken();
    const result = await cli.run(['logout', '--json']);
    expect(result.code).toBe(0);
    expect(result.document()).toEqual({ data: { serverUrl: api.baseUrl, username: 'admin' } });
    expect(storedToken()).toBeUndefined();
    expect((await api.get('/api/auth/me', { token })).status).toBe(401);
    expect((await cli.run(['logout'])).code).toBe(3);
  });
});

describe('a server that is not there', () => {
  it('ends with 8', async () => {
    const environment = {
      IDENTITY_CENTER_URL: `http://127.0.0.1:${await freePort()}`,
      IDENTITY_CENTER_TOKEN: 'token',
    };
    const result = await cli.run(['history', '--json'], { environment });
    expect(result.code).toBe(8);
    expect(result.document()).toMatchObject({ error: { code: 'unreachable' }, exitCode: 8 });
    expect(result.stderr).toContain('connection refused');
    expect(result.stderr).not.toContain('    at ');
    const debugged = await cli.run(['history', '--debug'], { environment });
    expect(debugged.stderr).toContain('    at ');
  });

  it.each([
    [200, 'text/html', '<p>hello</p>'],
    [502, 'text/html', '<p>no upstream</p>'],
    [307, 'application/json', '{}'],
    [200, 'application/json', '{"data": []}'],
  ])('and another one that answers %i %s is told apart', async (status, type, text) => {
    const other = createServer((_request, response) => {
      response
        .writeHead(status, { 'content-type': type, location: `${api.baseUrl}/api/connections` })
        .end(text);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const environment = {
      IDENTITY_CENTER_URL: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
      IDENTITY_CENTER_TOKEN: 'token',
    };
    const result = await cli.run(['connections'], { environment });
    other.close();
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('IdentityCenter');
  });
});

describe('usage', () => {
  it.each([
    [[]],
    [['no-such-command']],
    [['connections', '--page-size', '0']],
    [['history', '--since', 'yesterday']],
    [['history', '--status', 'done']],
    [['history', 'show', 'last']],
    [['sync']],
    [['users', 'export', '--json']],
  ])('that is wrong ends with 2: %j', async (args) => {
    const result = await cli.run(args, { environment: { IDENTITY_CENTER_TOKEN: await api.login() } });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^Error: /m);
  });

  it('names a wrong setting', async () => {
    const result = await cli.run(['projects'], { environment: { IDENTITY_CENTER_URL: 'localhost:3000' } });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('IDENTITY_CENTER_URL');
  });
});
