// Files uploaded to a CSV connection: streamed in and out, whole or not at all, and read by every worker.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { addChunk, beginUpload, CHUNK_BYTES } from '../../database/queries/uploaded-files.ts';
import { uploadedFiles } from '../../database/uploaded-file.ts';
import { decodePages } from '../support/decode-all.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { until } from '../support/until.ts';

const MIB = 1 << 20;
const LIMIT_MB = 48;

let platform: Platform;
let count = 0;

beforeAll(async () => {
  platform = await startPlatform({}, { IDENTITY_CENTER_UPLOAD_LIMIT_MB: String(LIMIT_MB) });
}, 60_000);

afterAll(async () => {
  await platform?.close();
});

async function connect(config: object = {}): Promise<string> {
  count += 1;
  const answer = await platform.api.post('/api/connections', {
    name: `csv ${count}`,
    type: 'csv',
    config: { file: 'people.csv', keyColumn: 'id', ...config },
  });
  return answer.body.data.id;
}

const upload = (
  connection: string,
  text: string | Buffer<ArrayBuffer>,
  name = 'people.csv',
  type = 'text/csv',
) =>
  platform.api.request('POST', `/api/connections/${connection}/files?name=${encodeURIComponent(name)}`, {
    rawBody: text,
    headers: { 'content-type': type },
  });

const filesOf = async (connection: string) =>
  (await platform.api.get(`/api/connections/${connection}/files`)).body;

/** An upload whose body is sent by hand, without a length. */
async function startUpload(connection: string, headers: Record<string, string> = {}) {
  const token = await platform.api.login();
  const sent = httpRequest(`${platform.api.baseUrl}/api/connections/${connection}/files?name=people.csv`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv', ...headers },
  });
  const answered = new Promise<number>((resolve, reject) => {
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
  });
  answered.catch(() => {});
  return { sent, answered };
}

async function chunksStored(): Promise<number> {
  const { rows } = await platform.api.database.pool.query(
    'select count(*)::int as count from uploaded_chunk',
  );
  return rows[0].count;
}

describe('uploaded files', () => {
  it('are listed with size, time and digest, replaced, and deleted', async () => {
    const connection = await connect();
    const text = 'id,name\n1,Ann\n';
    const answer = await upload(connection, text, 'Leute & Gruppen.csv');
    expect(answer.status).toBe(201);
    expect(answer.body.data).toMatchObject({
      name: 'Leute & Gruppen.csv',
      size: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    const location = answer.headers.get('location') ?? '';
    expect((await platform.api.get(location)).body.data).toEqual(answer.body.data);
    await upload(connection, `${text}2,Bob\n`, 'Leute & Gruppen.csv');
    await upload(connection, text, 'another.csv', 'application/octet-stream');
    const { data, totalCount } = await filesOf(connection);
    expect([totalCount, data.map(({ name, size }: { name: string; size: number }) => [name, size])]).toEqual([
      2,
      [
        ['Leute & Gruppen.csv', text.length + 6],
        ['another.csv', text.length],
      ],
    ]);
    expect((await platform.api.delete(location)).status).toBe(204);
    expect((await platform.api.delete(location)).status).toBe(404);
    expect((await filesOf(connection)).totalCount).toBe(1);
    await platform.api.delete(`/api/connections/${connection}`);
    expect(await chunksStored()).toBe(0);
  });

  it.each([
    ['a form', 'a=b', 'people.csv', 'multipart/form-data; boundary=x', 415],
    ['JSON', '{}', 'people.csv', 'application/json', 415],
    ['a name with a folder', 'id\n', '../people.csv', 'text/csv', 400],
    ['no name', 'id\n', '', 'text/csv', 400],
    ['nothing', '', 'people.csv', 'text/csv', 400],
    ['more than the limit', Buffer.alloc(LIMIT_MB * MIB + 1), 'people.csv', 'text/csv', 413],
  ])('are not %s', async (_what, body, name, type, status) => {
    const connection = await connect();
    expect((await upload(connection, body, name, type)).status).toBe(status);
    expect((await filesOf(connection)).totalCount).toBe(0);
  });

  it('belong to CSV connections', async () => {
    const { body } = await platform.api.post('/api/connections', {
      name: 'ldap',
      type: 'ldap',
      config: { url: 'ldap://127.0.0.1:1', baseDns: ['dc=x'] },
    });
    expect((await upload(body.data.id, 'id\n')).status).toBe(409);
    expect((await upload('01a00000-0000-7000-8000-000000000000', 'id\n')).status).toBe(404);
  });

  it('are stored while they arrive and seen when they are whole', async () => {
    const connection = await connect();
    await upload(connection, 'id\n1\n');
    const before = await chunksStored();
    const { sent, answered } = await startUpload(connection);
    sent.write(Buffer.alloc(8 * MIB, 'a,b\n'));
    await until('most of it to be stored', async () => (await chunksStored()) >= before + 15);
    expect((await filesOf(connection)).data).toMatchObject([{ size: 5 }]);
    sent.end('end\n');
    expect(await answered).toBe(201);
    expect((await filesOf(connection)).data).toMatchObject([{ size: 8 * MIB + 4 }]);
  });

  it('leave nothing behind when they break off or grow beyond the limit', async () => {
    const connection = await connect();
    await upload(connection, 'id\n1\n');
    const before = await chunksStored();
    const broken = await startUpload(connection, { 'content-length': String(4 * MIB) });
    broken.sent.write(Buffer.alloc(2 * MIB));
    await until('some of it to be stored', async () => (await chunksStored()) > before);
    broken.sent.destroy();
    await until('it to be forgotten', async () => (await chunksStored()) === before);
    const endless = await startUpload(connection);
    endless.sent.on('error', () => {});
    const piece = Buffer.alloc(MIB);
    for (let sent = 0; sent <= LIMIT_MB; sent += 1) endless.sent.write(piece);
    expect(await endless.answered).toBe(413);
    endless.sent.destroy();
    await until('it to be forgotten', async () => (await chunksStored()) === before);
    expect((await filesOf(connection)).data).toMatchObject([{ size: 5 }]);
  });

  it('that were given up by an API that died are cleared away by the next upload', async () => {
    const connection = await connect();
    const { pool } = platform.api.database;
    const id = await beginUpload(pool, connection, 'people.csv');
    await addChunk(pool, id, 0, Buffer.from('id\n'));
    await pool.query("update uploaded_file set begun_at = begun_at - interval '2 hours' where id = $1", [id]);
    await upload(connection, 'id\n1\n');
    const { rows } = await pool.query('select id from uploaded_file where connection_id = $1', [connection]);
    expect(rows).toHaveLength(1);
    expect(rows[0].id).not.toBe(id);
  });
});

describe('a CSV connection', () => {
  const read = async (connection: string, config: object = {}) => {
    const registry = createConnectorRegistry();
    const parsed = registry
      .definition('csv')
      .configSchema.parse({ file: 'people.csv', keyColumn: 'id', ...config });
    return registry.open(
      { id: connection, type: 'csv', config: parsed },
      {
        importDirectory: platform.api.importDirectory,
        openUploaded: uploadedFiles(platform.api.database.pool),
      },
    );
  };
  const signal = new AbortController().signal;

  it('reads an uploaded file before one of the import folder', async () => {
    const connection = await connect();
    mkdirSync(platform.api.importDirectory, { recursive: true });
    writeFileSync(join(platform.api.importDirectory, 'people.csv'), 'id\nfolder\n');
    const keys = async () => {
      const connector = await read(connection);
      const { entries } = await decodePages(connector.read(connector.defaultScopes(), signal));
      return entries.map(({ sourceId }) => sourceId);
    };
    expect(await keys()).toEqual(['folder']);
    await upload(connection, 'id\nuploaded\n');
    expect(await keys()).toEqual(['uploaded']);
    await platform.api.delete(`/api/connections/${connection}/files/people.csv`);
    expect(await keys()).toEqual(['folder']);
  });

  it('fails in words, to be read again, when its file is replaced while it is read', async () => {
    const connection = await connect();
    const line = `,${'x'.repeat(1_000)}\n`;
    const text = `id,note\n${Array.from({ length: 3_000 }, (_, n) => n + line).join('')}`;
    expect(text.length).toBeGreaterThan(5 * CHUNK_BYTES);
    await upload(connection, text);
    const connector = await read(connection);
    const pages = connector.read(connector.defaultScopes(), signal)[Symbol.asyncIterator]();
    await pages.next();
    await upload(connection, 'id,note\n1,new\n');
    const rest = async () => {
      for (let page = await pages.next(); !page.done; page = await pages.next());
    };
    await expect(rest()).rejects.toMatchObject({ code: 'source_busy', retryable: true });
  });

  it('is synced and tested from uploaded files by a worker that has no folder', async () => {
    const config = {
      keyColumn: 'key',
      classColumn: 'kind',
      membershipFile: 'members.csv',
      file: 'uploaded.csv',
    };
    const { connectionId, projectId } = await platform.addProject({ type: 'csv', config });
    const test = () => platform.api.post(`/api/connections/${connectionId}/test`);
    expect((await test()).body.data.ok).toBe(false);
    await upload(
      connectionId,
      'key,kind,name\nann,user,Ann\nbob,user,Bob\nstaff,group,Staff\n',
      'uploaded.csv',
    );
    await upload(connectionId, 'group,member\nstaff,ann\nstaff,bob\n', 'members.csv');
    expect((await test()).body.data).toMatchObject({ ok: true });
    const over = await platform.sync(projectId);
    expect(over).toMatchObject({ status: 'completed', counts: { created: 3, membershipsAdded: 2 } });
  });

  it('is read in constant memory, 30 MiB as well as 1', async () => {
    const script = fileURLToPath(new URL('../support/csv-reader.ts', import.meta.url));
    const residentBytes = async (megabytes: number): Promise<number> => {
      const connection = await connect();
      const rows = megabytes * 1024;
      const lines = Array.from({ length: rows }, (_, n) => `${n},${'x'.repeat(1_015)}\n`.slice(-1_024));
      expect((await upload(connection, `id,note\n${lines.join('')}`)).status).toBe(201);
      const config = JSON.stringify({ file: 'people.csv', keyColumn: 'id' });
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--max-old-space-size=64',
        script,
        platform.api.importDirectory,
        config,
        platform.databaseUrl,
        connection,
      ]);
      const result = JSON.parse(stdout) as Record<string, number>;
      expect(result.entries).toBe(rows);
      return result.residentBytes as number;
    };
    const small = await residentBytes(1);
    expect(await residentBytes(30)).toBeLessThan(small + 64 * MIB);
  }, 60_000);
});
