// `npm start` as a person meets it: first start, second start, a killed one, a port in use, the end of it all.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { bodyOf } from '../../cli/api-client.ts';
import { signIn } from '../../tools/demo-client.ts';
import { removeEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { freePort } from '../../tools/free-port.ts';
import { createTestDatabase } from '../support/database.ts';
import { testEnvironment } from '../support/environment.ts';
import { newHome, type PlatformProcess, runningParts, startScript } from '../support/platform-process.ts';

const READY = 'Ctrl-C stops it';

interface Kept {
  cluster: string;
  migrations: unknown[];
  bundles: [string, number][];
}

/** What a first start makes, each with what would differ if it were made again. */
async function keptBy(home: string): Promise<Kept> {
  const { ports } = JSON.parse(readFileSync(join(home, 'runtime.json'), 'utf8')) as {
    ports: { postgres: number };
  };
  const password = readFileSync(join(home, 'postgres', 'password'), 'utf8');
  const client = new pg.Client(
    `postgresql://postgres:${password}@127.0.0.1:${ports.postgres}/identity_center`,
  );
  await client.connect();
  const cluster = await client.query('select system_identifier::text as id from pg_control_system()');
  const migrations = await client.query('select name, executed_at from mikro_orm_migrations order by id');
  await client.end();
  const cache = join(home, 'cache');
  return {
    cluster: cluster.rows[0].id,
    migrations: migrations.rows,
    bundles: readdirSync(cache).map((name) => [name, statSync(join(cache, name)).mtimeMs]),
  };
}

describe('npm start', () => {
  let home: string;
  let port: number;
  let url: string;
  let platform: PlatformProcess;
  let password: string;
  let firstStart: Kept;

  beforeAll(async () => {
    home = newHome();
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await platform.end('SIGTERM');
    removeEmbeddedPostgres(join(home, 'postgres'));
    rmSync(join(home, '..'), { recursive: true, force: true });
  });

  async function connectionNames(): Promise<string[]> {
    const { api } = await signIn(url, 'admin', password);
    const { data } = bodyOf(await api.connections.list({ query: {} }), 200);
    return data.map(({ name }) => name);
  }

  it('starts with nothing there, is healthy, and shows the password of admin once', async () => {
    platform = startScript('start', { home, port });
    await platform.untilPrinted(READY);
    const health = await fetch(`${url}/api/health`);
    expect(await health.json()).toMatchObject({ status: 'healthy' });
    const { stdout } = platform.output();
    const shown = [...stdout.matchAll(/password[^:]*: (\S+)/g)].map((match) => match[1] as string);
    expect(shown).toHaveLength(1);
    password = shown[0] as string;
    const { api } = await signIn(url, 'admin', password);
    const config = { file: 'a.csv', keyColumn: 'id' };
    await api.connections.create({ query: {}, body: { name: 'Kept', type: 'csv', config } });
  });

  it('keeps the password out of every log', () => {
    const logs = join(home, 'logs');
    const texts = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
    expect(texts.join('')).toContain('listening');
    expect(texts.join('')).not.toContain(password);
  });

  it('refuses a second program on the same home', async () => {
    const second = startScript('demo', { home, port: await freePort() });
    expect(await second.ended).toBe(1);
    expect(second.output().stderr).toMatch(/`npm start` is running on .* already.*IDENTITY_CENTER_HOME/s);
  });

  it('says which port is in use and how to choose another', async () => {
    const other = startScript('start', { home: `${home}-2`, port });
    expect(await other.ended).toBe(1);
    expect(other.output().stderr).toMatch(
      new RegExp(`Port ${port} on 127.0.0.1 is in use.*PORT=${port + 1} npm start`, 's'),
    );
  });

  it('ends all its parts on SIGTERM', async () => {
    expect(runningParts(home)).toHaveLength(4);
    firstStart = await keptBy(home);
    expect(await platform.end('SIGTERM')).toBe(0);
    expect(runningParts(home)).toEqual([]);
  });

  it('keeps the data over a second start, and shows no password again', async () => {
    platform = startScript('start', { home, port });
    await platform.untilPrinted(READY);
    expect(platform.output().stdout).not.toMatch(/password/i);
    expect(await connectionNames()).toEqual(['Kept']);
  });

  it('does nothing at a second start that the first has done: no initdb, no migration, no bundle', async () => {
    expect(platform.output().stderr).not.toMatch(/Making a PostgreSQL|Building|Downloading/);
    expect(await keptBy(home)).toEqual(firstStart);
  });

  it('starts again after a SIGKILL, ends what that left, and keeps the data', async () => {
    await platform.end('SIGKILL');
    expect(runningParts(home)).toHaveLength(4);
    platform = startScript('start', { home, port });
    await platform.untilPrinted(READY);
    expect(platform.output().stderr).toContain('Ended 4 processes that an earlier, killed run had left.');
    expect(await connectionNames()).toEqual(['Kept']);
    expect(runningParts(home)).toHaveLength(4);
  });

  it('starts a worker again that was killed, and says so', async () => {
    const before = runningParts(home);
    const worker = before.at(-1) as { pid: number };
    process.kill(worker.pid, 'SIGKILL');
    await platform.untilPrinted('The worker ended (signal SIGKILL)');
    await platform.untilPrinted('Starting it again in 1 s');
    const deadline = Date.now() + 20_000;
    while (runningParts(home).length < 4 && Date.now() < deadline) await pause(50);
    const pids = runningParts(home).map(({ pid }) => pid);
    expect(pids).toHaveLength(4);
    expect(pids).not.toContain(worker.pid);
  });

  it('starts over with --reset', async () => {
    await platform.end('SIGINT');
    platform = startScript('start', { home, port, args: ['--reset'] });
    await platform.untilPrinted(READY);
    expect(platform.output().stderr).toContain(`--reset: deleted ${join(home, 'postgres')}`);
    password = /password[^:]*: (\S+)/.exec(platform.output().stdout)?.[1] as string;
    expect(await connectionNames()).toEqual([]);
  });
});

describe('npm start with servers of its own', () => {
  it('embeds neither PostgreSQL nor Temporal when settings name both', async () => {
    const home = newHome();
    const port = await freePort();
    const database = await createTestDatabase();
    const platform = startScript('start', {
      home,
      port,
      environment: {
        DATABASE_URL: database.url,
        TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
        // Temporal is the whole test run's: its other users must not meet our worker.
        TEMPORAL_TASK_QUEUE: 'start-test',
        IDENTITY_CENTER_ADMIN_PASSWORD: 'chosen by the user',
      },
    });
    await platform.untilPrinted(READY);
    expect(runningParts(home)).toHaveLength(2);
    expect(readdirSync(home)).not.toEqual(expect.arrayContaining(['postgres']));
    expect(readdirSync(home)).not.toEqual(expect.arrayContaining(['temporal']));
    expect(platform.output().stdout).not.toContain('password');
    await signIn(`http://127.0.0.1:${port}`, 'admin', 'chosen by the user');
    expect(await platform.end('SIGTERM')).toBe(0);
    const reset = startScript('start', {
      home,
      port,
      args: ['--reset'],
      environment: { DATABASE_URL: database.url },
    });
    expect(await reset.ended).toBe(1);
    expect(reset.output().stderr).toContain('--reset is for embedded data');
    await database.drop();
    rmSync(join(home, '..'), { recursive: true });
  });
});

describe('a setting that cannot be used', () => {
  it('is named, and nothing is started', async () => {
    const home = newHome();
    const platform = startScript('start', {
      home,
      port: 1,
      environment: { LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x' },
    });
    expect(await platform.ended).toBe(1);
    expect(platform.output().stderr).toMatch(/LOG_LEVEL.*\n?.*DATABASE_URL|DATABASE_URL.*\n?.*LOG_LEVEL/);
    expect(() => readdirSync(home)).toThrow('ENOENT');
    rmSync(join(home, '..'), { recursive: true });
  });
});

it('a taken port is found even when something else than ours holds it', async () => {
  const squatter = createServer();
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port));
  });
  const home = newHome();
  const platform = startScript('demo', { home, port });
  expect(await platform.ended).toBe(1);
  expect(platform.output().stderr).toContain(`Port ${port} on 127.0.0.1 is in use`);
  squatter.close();
  rmSync(join(home, '..'), { recursive: true });
});
