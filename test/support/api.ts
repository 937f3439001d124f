// Starts the API in this process, on a port of its own, with a client that checks every answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { ensureAdminAccount } from '../../api/admin-account.ts';
import { createApp } from '../../api/app.ts';
import { deriveApiKeys } from '../../api/auth/keys.ts';
import { importDirectory } from '../../api/connection-test.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { isSailPointPath } from '../../contracts/sailpoint/schemas.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { createSecretBox, type SecretBox } from '../../domain/secret-box.ts';
import { parseSettings, type Settings } from '../../domain/settings.ts';
import { createAnswerCheck } from './openapi-checks.ts';
import { checkDocument } from './sailpoint-documents.ts';

export const ADMIN_PASSWORD = 'correct horse battery';
/** A key for tests; the same for all APIs of a test, as it is for all processes of an installation. */
export const TEST_SECRET_KEY = '0123456789abcdef'.repeat(4);

export interface ApiOptions {
  databaseUrl: string;
  /** None by default. */
  statementTimeoutMs?: number;
  /** As environment variables; limits are off unless they are named here. */
  settings?: Record<string, string>;
}

export interface Call {
  /** The bearer token; null sends none; left out: the admin's. */
  token?: string | null;
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  rawBody?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

/** Tests read what they expect; the answer's shape was checked against the document before. */
// biome-ignore lint/suspicious/noExplicitAny: typing every answer anew would repeat the contract.
export type AnswerBody = any;

export interface ApiAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body where the answer is JSON. */
  body: AnswerBody;
}

export interface TestApi {
  baseUrl: string;
  database: Database;
  settings: Settings;
  secretBox: SecretBox;
  /** The folder that CSV files are read from. */
  importDirectory: string;
  /** What was logged, a line each. */
  logLines: string[];
  login(username?: string, password?: string): Promise<string>;
  request(method: string, path: string, call?: Call): Promise<ApiAnswer>;
  get(path: string, call?: Call): Promise<ApiAnswer>;
  post(path: string, body?: unknown, call?: Call): Promise<ApiAnswer>;
  patch(path: string, body?: unknown, call?: Call): Promise<ApiAnswer>;
  delete(path: string, call?: Call): Promise<ApiAnswer>;
  close(): Promise<void>;
}

/** Paths are below the server: `/api/users`. The database is the caller's to drop. */
export async function startApi(options: ApiOptions): Promise<TestApi> {
  const home = mkdtempSync(join(tmpdir(), 'identity-center-api-'));
  const settings = parseSettings({
    IDENTITY_CENTER_HOME: home,
    IDENTITY_CENTER_SECRET_KEY: TEST_SECRET_KEY,
    IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '0',
    IDENTITY_CENTER_RATE_LIMIT_PER_HOUR: '0',
    ...options.settings,
  });
  const database = await openDatabase({
    url: options.databaseUrl,
    ...(options.statementTimeoutMs !== undefined && { statementTimeoutMs: options.statementTimeoutMs }),
  });
  await ensureAdminAccount(database.pool, ADMIN_PASSWORD);
  const logLines: string[] = [];
  const temporal = createTemporalAccess(settings.TEMPORAL_ADDRESS, settings.TEMPORAL_NAMESPACE);
  const secretBox = createSecretBox(TEST_SECRET_KEY);
  const app = createApp({
    settings,
    database,
    secretBox,
    keys: deriveApiKeys(TEST_SECRET_KEY),
    connectors: createConnectorRegistry(),
    temporal,
    logger: pino({ level: 'info' }, lineSink(logLines)),
    version: '0.0.0',
    startedAt: new Date(),
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...createClient(baseUrl),
    database,
    settings,
    secretBox,
    importDirectory: importDirectory(home),
    logLines,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await temporal.close();
      await database.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Keeps what is logged, so that a test can look for what must not be there. */
function lineSink(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
}

type Client = Pick<TestApi, 'baseUrl' | 'login' | 'request' | 'get' | 'post' | 'patch' | 'delete'>;

function createClient(baseUrl: string): Client {
  const check = createAnswerCheck();
  let adminToken: Promise<string> | undefined;
  const request = async (method: string, path: string, call: Call = {}): Promise<ApiAnswer> => {
    adminToken ??= call.token === undefined ? login() : undefined;
    const token = call.token === undefined ? await adminToken : call.token;
    const body = call.rawBody ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type');
    const parsed = contentType?.startsWith('application/json') ? JSON.parse(text) : undefined;
    const bare = path.split('?')[0] ?? path;
    const described = isSailPointPath(bare) || (bare.startsWith('/api/') && !bare.startsWith('/api/docs'));
    if (described && method !== 'HEAD')
      check({ method, path: bare, status: response.status, contentType, body: parsed });
    if (isSailPointPath(bare) && method !== 'HEAD')
      checkDocument({ path: bare, status: response.status, body: parsed });
    return { status: response.status, headers: response.headers, text, body: parsed };
  };
  const login = async (username = 'admin', password = ADMIN_PASSWORD): Promise<string> => {
    const answer = await request('POST', '/api/auth/login', { token: null, body: { username, password } });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    return answer.body.data.token;
  };
  return {
    baseUrl,
    login,
    request,
    get: (path, call) => request('GET', path, call),
    post: (path, body, call) => request('POST', path, { body, ...call }),
    patch: (path, body, call) => request('PATCH', path, { body, ...call }),
    delete: (path, call) => request('DELETE', path, call),
  };
}
