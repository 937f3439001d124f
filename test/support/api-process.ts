// Starts the real API process for a test, on a database and a task queue that are there, and kills it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AnswerBody } from './api.ts';
import { testEnvironment } from './environment.ts';
import { until } from './until.ts';

const SERVER = fileURLToPath(new URL('../../api/server.ts', import.meta.url));
const PASSWORD = 'a-password-for-the-admin';

export interface ProcessAnswer {
  status: number;
  body: AnswerBody;
}

export interface ApiProcess {
  /** Everything it has written so far. */
  log(): string;
  get(path: string): Promise<ProcessAnswer>;
  post(path: string): Promise<ProcessAnswer>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ApiProcessSettings {
  url: string;
  home: string;
  secretKey: string;
  taskQueue: string;
  environment?: Record<string, string>;
}

/** Does not wait until it listens. */
export function startApiProcess(settings: ApiProcessSettings): ApiProcess {
  const child = spawn(process.execPath, [SERVER], {
    cwd: settings.home,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: settings.url,
      TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
      TEMPORAL_TASK_QUEUE: settings.taskQueue,
      IDENTITY_CENTER_HOME: settings.home,
      IDENTITY_CENTER_SECRET_KEY: settings.secretKey,
      IDENTITY_CENTER_ADMIN_PASSWORD: PASSWORD,
      IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '0',
      ...settings.environment,
    },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  const listening = () =>
    until('the API to listen', () => /listening on (http:[^\s"]+)/.exec(printed)?.[1], 30_000);
  let token: Promise<string> | undefined;
  const call = async (method: string, path: string): Promise<ProcessAnswer> => {
    const url = await listening();
    token ??= login(url);
    const headers = { authorization: `Bearer ${await token}` };
    const answer = await fetch(`${url}${path}`, { method, headers });
    return { status: answer.status, body: await answer.json() };
  };
  return {
    log: () => printed,
    get: (path) => call('GET', path),
    post: (path) => call('POST', path),
    kill: (signal = 'SIGKILL') => end(child, signal),
  };
}

async function login(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: PASSWORD }),
  });
  return ((await answer.json()) as AnswerBody).data.token;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
