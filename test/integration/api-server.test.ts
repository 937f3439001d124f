// The API process: its first start, a port that is taken, and an orderly end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const SERVER = fileURLToPath(new URL('../../api/server.ts', import.meta.url));

let database: TestDatabase;
let home: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  home = mkdtempSync(join(tmpdir(), 'identity-center-server-'));
});

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

function start(environment: Record<string, string>) {
  const { NODE_OPTIONS, ...inherited } = process.env;
  const child = spawn(process.execPath, [SERVER], {
    cwd: home,
    env: {
      ...inherited,
      DATABASE_URL: database.url,
      IDENTITY_CENTER_HOME: join(home, 'data'),
      PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const output = { text: '', errors: '' };
  child.stdout.on('data', (chunk) => {
    output.text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.errors += chunk;
  });
  const listening = () =>
    until('the API to listen', () => /listening on (http:\S+?)"/.exec(output.text)?.[1] ?? false, 30_000);
  return { child, output, listening };
}

describe('the API process', () => {
  it('shows the generated password once, signs in with it, keeps it, and ends in order', async () => {
    const first = start({});
    const url = await first.listening();
    const password = /shown this once: (\S+)/.exec(first.output.text)?.[1];
    expect(password?.length).toBeGreaterThanOrEqual(16);
    expect(
      first.output.text
        .split('\n')
        .filter((line) => line.startsWith('{') && line.includes(password as string)),
    ).toEqual([]);
    const login = () =>
      fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password }),
      });
    expect((await login()).status).toBe(200);
    expect(statSync(join(home, 'data', 'secret.key')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, 'data', 'import'))).toBe(true);
    first.child.kill('SIGTERM');
    expect(await once(first.child, 'exit')).toEqual([0, null]);
    const second = start({ IDENTITY_CENTER_ADMIN_PASSWORD: 'is-not-taken-now' });
    await second.listening();
    expect(second.output.text).not.toContain('shown this once');
  });

  it('answers what is no HTTP in the shape of every error', async () => {
    const { hostname, port } = new URL(await start({}).listening());
    const answerTo = async (text: string) => {
      const socket = connect(Number(port), hostname);
      socket.end(text);
      const [head = '', body = ''] = (
        await new Response(Readable.toWeb(socket) as ReadableStream).text()
      ).split('\r\n\r\n');
      expect(head).toContain('Content-Type: application/json');
      return JSON.parse(body);
    };
    expect(await answerTo('nonsense\r\n\r\n')).toEqual({
      error: 'Bad Request',
      message: 'This is not a valid HTTP request.',
      statusCode: 400,
      details: [],
    });
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await answerTo(long)).toMatchObject({ error: 'Request Header Fields Too Large', statusCode: 431 });
  });

  it('says which port is taken and how to choose another', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    try {
      const { child, output } = start({ PORT: String(port) });
      expect((await once(child, 'exit'))[0]).toBe(1);
      expect(output.errors).toContain(`Port ${port} on 127.0.0.1 is in use`);
      expect(output.errors).toContain('PORT=');
      expect(output.errors).not.toContain('    at ');
    } finally {
      holder.close();
    }
  });

  it.each([
    ['IDENTITY_CENTER_SECRET_KEY', 'too-short-a-key'],
    ['TRUST_PROXY', 'no-such-thing'],
    ['PORT', 'eighty'],
  ])('names %s when it is wrong, without its value', async (name, value) => {
    const { child, output } = start({ [name]: value });
    expect((await once(child, 'exit'))[0]).toBe(1);
    expect(output.errors).toContain(name);
    expect(output.errors).not.toContain(value);
    expect(output.errors).not.toContain('    at ');
  });
});
