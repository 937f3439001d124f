// Tests of connections over HTTP: what they tell, what is remembered, how they end, and the schema of a source.
import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Response } from 'express';
import { testConnection } from '../../api/connection-test.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createConnection, csv, ldap } from '../support/connection-bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  mkdirSync(api.importDirectory, { recursive: true });
  writeFileSync(join(api.importDirectory, 'people.csv'), 'id,name,mail\n1,Ann,ann@x\n');
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const created = (body: object) => createConnection(api, body);

describe('connection tests', () => {
  it('tell what works and remember it', async () => {
    const id = await created(csv());
    const test = await api.post(`/api/connections/${id}/test`);
    expect(test.body.data).toMatchObject({ ok: true });
    expect(test.body.data.checks.map((check: { name: string }) => check.name)).toEqual([
      'resolve',
      'connect',
      'tls',
      'bind',
      'base',
      'read',
    ]);
    const { data } = (await api.get(`/api/connections/${id}`)).body;
    expect(data).toMatchObject({ status: 'ok', lastTestMessage: 'All checks passed.' });
    expect(Date.now() - Date.parse(data.lastTestedAt)).toBeLessThan(60_000);
    const changed = await api.patch(`/api/connections/${id}`, { config: { delimiter: ';' } });
    expect(changed.body.data).toMatchObject({ status: 'untested', lastTestedAt: null });
  });

  it('answer 200 with ok false for a connection that fails', async () => {
    const id = await created(csv({ file: 'missing.csv' }));
    const test = await api.post(`/api/connections/${id}/test`);
    expect(test.status).toBe(200);
    expect(test.body.data.ok).toBe(false);
    const failed = (await api.get('/api/connections?status=failed')).body.data;
    expect(failed.map((row: { id: string }) => row.id)).toContain(id);
    const refused = await api.post('/api/connections/test', ldap());
    expect(refused.body.data.checks.at(-1)).toMatchObject({ name: 'connect', ok: false });
  });

  it('end when their time is over, and with their caller, whatever the settings say', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => {}).resume()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const url = `ldap://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const { config } = ldap({ url, connectTimeoutMs: 600_000 });
      const deps = { connectors: createConnectorRegistry(), settings: api.settings, database: api.database };
      const waiting = new EventEmitter() as Response;
      const test = await testConnection(deps, { id: 'unsaved', type: 'ldap', config }, waiting, 100);
      expect(test).toMatchObject({
        ok: false,
        checks: [{ ok: false, message: expect.stringContaining('1 s') }],
      });
      const leaving = new AbortController();
      const headers = { authorization: `Bearer ${await api.login()}`, 'content-type': 'application/json' };
      const asked = fetch(`${api.baseUrl}/api/connections/test`, {
        method: 'POST',
        body: JSON.stringify({ type: 'ldap', config }),
        headers: { ...headers, 'x-request-id': 'who-leaves-early' },
        signal: leaving.signal,
      }).catch(() => null);
      await until('the test to connect', () => sockets.length === 2);
      leaving.abort();
      await asked;
      const lines = () => api.logLines.filter((line) => line.includes('who-leaves-early'));
      await until('the connection to be closed', () =>
        sockets.every((socket) => socket.readableEnded || socket.destroyed),
      );
      await until('the request to be logged', () => lines().length > 0);
      expect(lines().map((line) => JSON.parse(line))).toMatchObject([{ level: 30, aborted: true }]);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('are not kept for settings that were changed meanwhile', async () => {
    const waiting = Promise.withResolvers<Socket>();
    // Takes connections and answers nothing.
    const silent = createServer((socket) => waiting.resolve(socket.on('error', () => {})));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const url = `ldap://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const id = await created(ldap({ url }));
      const test = api.post(`/api/connections/${id}/test`);
      const socket = await waiting.promise;
      expect((await api.patch(`/api/connections/${id}`, { config: { pageSize: 9 } })).status).toBe(200);
      socket.destroy();
      expect((await test).body.data.ok).toBe(false);
      const { data } = (await api.get(`/api/connections/${id}`)).body;
      expect(data).toMatchObject({ status: 'untested', lastTestedAt: null });
    } finally {
      silent.close();
    }
  });

  it('read the schema, or say why not', async () => {
    const id = await created(csv());
    const { body } = await api.get(`/api/connections/${id}/schema`);
    expect(body.data.map((row: { name: string }) => row.name)).toEqual(['id', 'mail', 'name']);
    const away = await api.get(`/api/connections/${await created(ldap())}/schema`);
    expect(away.status).toBe(502);
    expect(away.body).toMatchObject({ error: 'Bad Gateway', statusCode: 502 });
  });
});
