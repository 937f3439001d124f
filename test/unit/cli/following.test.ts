// What the client does while a server asks for patience, restarts, or says nothing that it understands.
import { afterEach, describe, expect, it } from '@jest/globals';
import { createApiClient } from '../../../cli/api-client.ts';
import { pollMs, pollRun, type RunDetails } from '../../../cli/follow-run.ts';
import { createSend } from '../../../cli/http.ts';
import {
  type Answer,
  refusal,
  type ScriptedServer,
  startScriptedServer,
} from '../../support/scripted-server.ts';

const ID = '019ab000-0000-7000-8000-000000000001';
const NONE = {
  read: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  deactivated: 0,
  reactivated: 0,
  membershipsAdded: 0,
  membershipsRemoved: 0,
  errors: 0,
};

function runWith(status: RunDetails['status'], percent: number): Answer {
  const data: RunDetails = {
    id: ID,
    projectId: ID,
    projectName: 'HR',
    workflowId: 'sync-project',
    temporalRunId: null,
    trigger: 'api',
    triggeredBy: 'admin',
    note: null,
    scheduledFor: null,
    stalled: null,
    mode: 'full',
    readMode: null,
    idsScanned: false,
    dryRun: false,
    overrideDeleteThreshold: false,
    status,
    pauseReason: null,
    pausedAt: null,
    pauseRequestedAt: null,
    notice: null,
    queuedAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    durationMs: null,
    counts: NONE,
    progress: { step: 'read', percent },
    error: null,
    steps: [],
  };
  return { status: 200, body: { data } };
}

let server: ScriptedServer;
afterEach(() => server?.close());

async function follow(answers: Answer[], maxWaitSeconds = 5) {
  server = await startScriptedServer(answers);
  const said: string[] = [];
  const { signal } = new AbortController();
  const say = (message: string) => void said.push(message);
  const send = createSend({ serverUrl: server.url, signal, say, maxWaitSeconds });
  const api = createApiClient({ serverUrl: server.url, send, token: 'token' });
  const seen: string[] = [];
  for await (const run of pollRun(api, ID, signal)) seen.push(`${run.status} ${run.progress.percent}`);
  return { seen, said };
}

describe('following a run', () => {
  it('sees its states until it rests', async () => {
    const { seen } = await follow([runWith('queued', 0), runWith('running', 40), runWith('completed', 100)]);
    expect(seen).toEqual(['queued 0', 'running 40', 'completed 100']);
    expect(server.requests).toEqual(Array(3).fill(`GET /api/sync/history/${ID}`));
  });

  it.each(['failed', 'cancelled', 'paused'] as const)('ends when it is %s', async (status) => {
    expect((await follow([runWith(status, 10)])).seen).toEqual([`${status} 10`]);
  });

  it('goes on after an outage and a rate limit', async () => {
    const { seen, said } = await follow([
      runWith('running', 1),
      refusal(503, 'The database is away.'),
      refusal(429, 'Too many requests.', { 'retry-after': '1' }),
      runWith('completed', 100),
    ]);
    expect(seen).toEqual(['running 1', 'completed 100']);
    expect(said).toEqual(['The server is asked too often; trying again in 1 s.']);
  });

  it('ends at once for what trying again does not mend', async () => {
    await expect(follow([refusal(404, 'No such run.')])).rejects.toMatchObject({
      message: 'No such run.',
      exitCode: 4,
      statusCode: 404,
    });
    await server.close();
    await expect(follow([{ status: 200, body: { data: { id: ID } } }])).rejects.toMatchObject({
      code: 'request_failed',
      exitCode: 1,
    });
  });

  it('does not wait longer than it may', async () => {
    const limited = refusal(429, 'Too many requests.', { 'retry-after': '6' });
    await expect(follow([limited])).rejects.toMatchObject({
      message: 'Too many requests. It asks to wait 6 s.',
      exitCode: 1,
      statusCode: 429,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('asks less often than the limits allow: 60 a minute, 1,000 an hour', () => {
    const within = (milliseconds: number) => {
      let asked = 0;
      for (let at = 0; at < milliseconds; at += pollMs(asked++));
      return asked;
    };
    expect(within(60_000)).toBeLessThan(60);
    expect(within(3_600_000)).toBeLessThan(900);
  });
});
