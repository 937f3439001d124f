// `users export` against the real API: whole files or none.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { startApi, type TestApi } from '../support/api.ts';
import { type Cli, openCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { insertSampleRows } from '../support/sample-rows.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let api: TestApi;
let token: string;
let cli: Cli;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  await insertSampleRows(api.database.pool);
  await insertMany(5_000);
  token = await api.login();
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

beforeEach(() => {
  cli = openCli({ IDENTITY_CENTER_URL: api.baseUrl, IDENTITY_CENTER_TOKEN: token });
});

afterEach(() => cli?.close());

/** Ten megabytes: more than what sockets and pipes take in. */
async function insertMany(count: number): Promise<void> {
  const connection = await insertConnection(api.database.pool, { name: 'many' });
  await api.database.pool.query('select create_partitions($1)', [connection]);
  await api.database.pool.query(
    `insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, status, is_active,
       department, attributes, digest, first_seen_at, last_seen_at, updated_at)
     select $1, n::text, 'user', gen_random_uuid(), 'n' || n, 'active', true, repeat('d', 2000), '{}', '',
       now(), now(), now()
     from generate_series(1, $2::int) n`,
    [connection, count],
  );
}

const served = async (query: string) =>
  (await api.get(`/api/users?${query}`, { headers: { accept: 'text/csv' } })).text;

const drafts = () => readdirSync(cli.folder).filter((name) => name.endsWith('.partial'));

describe('users export', () => {
  it('writes what the API streams to standard output', async () => {
    const result = await cli.run(['users', 'export', '--department', 'it', '--sort', '-displayName']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toBe(await served('department=it&sort=-displayName'));
    const records = parse(result.stdout, { columns: true }) as { displayName: string }[];
    expect(records.map(({ displayName }) => displayName)).toEqual(['bob brown', 'Ann Émile']);
  });

  it('streams far more than a batch', async () => {
    const result = await cli.run(['users', 'export', '--connection', 'many', '--sort', 'displayName']);
    expect(parse(result.stdout, { columns: true })).toHaveLength(5_000);
  });

  it('replaces a file when all is there', async () => {
    const file = join(cli.folder, 'users.csv');
    writeFileSync(file, 'an older export');
    const result = await cli.run(['users', 'export', '--search', 'ann', '-o', 'users.csv', '--json']);
    expect(result.code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(await served('search=ann'));
    expect(result.document()).toEqual({
      data: { file: 'users.csv', format: 'csv', bytes: statSync(file).size },
    });
    expect(drafts()).toEqual([]);
  });

  it('leaves no file behind when it breaks off, and an older one as it was', async () => {
    const proxy = await startFailingProxy(api.baseUrl, { afterBytes: 1_000_000, by: 'cutting' });
    const environment = { IDENTITY_CENTER_URL: proxy.url };
    const result = await cli.run(['users', 'export', '-o', 'new.csv', '--json'], { environment });
    expect(result.code).toBe(1);
    expect(result.document()).toMatchObject({ error: { code: 'broken_off' }, exitCode: 1 });
    expect(result.stderr).toMatch(/broke off after \d{6,} bytes/);
    expect(existsSync(join(cli.folder, 'new.csv'))).toBe(false);
    writeFileSync(join(cli.folder, 'old.csv'), 'an older export');
    expect((await cli.run(['users', 'export', '-o', 'old.csv'], { environment })).code).toBe(1);
    expect(readFileSync(join(cli.folder, 'old.csv'), 'utf8')).toBe('an older export');
    expect(drafts()).toEqual([]);
    const piped = await cli.run(['users', 'export'], { environment });
    expect(piped.code).toBe(1);
    expect(piped.stdout.length).toBeGreaterThan(500_000);
    await proxy.close();
  });

  it('removes its draft when a signal ends it', async () => {
    const proxy = await startFailingProxy(api.baseUrl, { afterBytes: 1_000_000, by: 'stalling' });
    const result = await cli.run(['users', 'export', '-o', 'users.csv'], {
      environment: { IDENTITY_CENTER_URL: proxy.url },
      onStart: (child) => {
        const begun = () => drafts().some((name) => statSync(join(cli.folder, name)).size > 0);
        void until('the draft to be begun', begun).then(() => child.kill('SIGTERM'));
      },
    });
    await proxy.close();
    expect(result.code).toBe(143);
    expect(readdirSync(cli.folder).filter((name) => name.startsWith('users.csv'))).toEqual([]);
  });

  it('says that a place cannot be written to', async () => {
    mkdirSync(join(cli.folder, 'folder'));
    expect((await cli.run(['users', 'export', '-o', 'folder'])).code).toBe(2);
    const missing = await cli.run(['users', 'export', '-o', 'no/such/users.csv']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('no/such/users.csv cannot be written');
  });

  it('ends with 4 for a connection that is not there', async () => {
    const result = await cli.run(['users', 'export', '--connection', 'nowhere', '-o', 'users.csv', '--json']);
    expect(result.code).toBe(4);
    expect(result.document()).toMatchObject({ error: { code: 'not_found' }, exitCode: 4 });
  });
});
