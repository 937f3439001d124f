// Makes the sample connection and project over the API and runs the first sync, with its progress shown.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createProgress } from '../cli/progress.ts';
import type { ApiClient, Page } from './api-client.ts';
import { StartError } from './home-folder.ts';

const SAMPLES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'samples');
const CONNECTION = 'Sample directory';
const PROJECT = 'Sample directory: everything';

interface Named {
  id: string;
  name: string;
}

interface Run {
  id: string;
  status: 'queued' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
  progress: { step: string | null; percent: number };
  error: { code: string; message: string } | null;
}

/**
 * Brings the sample directory in, unless an earlier start did: its data are kept then.
 * @returns whether a sync ran.
 * @throws StartError with the run's own reason when it did not complete.
 */
export async function ensureSampleDirectory(api: ApiClient, home: string): Promise<boolean> {
  copySamples(home);
  const project = (await findNamed(api, '/api/sync/projects', PROJECT)) ?? (await createProject(api));
  const completed = await api.get<Page<Run>>(
    `/api/sync/history?projectId=${project.id}&status=completed&pageSize=1`,
  );
  if (completed.totalCount > 0) return false;
  const { data: run } = await api.post<{ data: Run }>(`/api/sync/projects/${project.id}/run`, {});
  await follow(api, run.id);
  return true;
}

function copySamples(home: string): void {
  const folder = join(home, 'import', 'sample');
  mkdirSync(folder, { recursive: true });
  for (const name of ['people.csv', 'memberships.csv']) copyFileSync(join(SAMPLES, name), join(folder, name));
}

async function createProject(api: ApiClient): Promise<Named> {
  const connection = (await findNamed(api, '/api/connections', CONNECTION)) ?? (await createConnection(api));
  const body = { name: PROJECT, connectionId: connection.id };
  return (await api.post<{ data: Named }>('/api/sync/projects', body)).data;
}

async function createConnection(api: ApiClient): Promise<Named> {
  const config = {
    file: 'sample/people.csv',
    keyColumn: 'id',
    classColumn: 'class',
    membershipFile: 'sample/memberships.csv',
  };
  const body = { name: CONNECTION, type: 'csv', config };
  return (await api.post<{ data: Named }>('/api/connections', body)).data;
}

async function findNamed(api: ApiClient, path: string, name: string): Promise<Named | undefined> {
  const { data } = await api.get<Page<Named>>(`${path}?search=${encodeURIComponent(name)}&pageSize=200`);
  return data.find((candidate) => candidate.name === name);
}

/** Shows the run until it is over; asks often at first and then seldom enough for the rate limit. */
async function follow(api: ApiClient, runId: string): Promise<void> {
  const progress = createProgress('Sync', process.stderr);
  try {
    for (let asked = 0; ; asked += 1) {
      const { data: run } = await api.get<{ data: Run }>(`/api/sync/history/${runId}`);
      progress.show(run.progress.percent, run.progress.step ?? run.status);
      if (run.status === 'completed') return;
      if (run.status === 'failed' || run.status === 'cancelled' || run.status === 'paused') {
        throw new StartError(`The sync ${run.status}: ${run.error?.message ?? 'see the API for its reason'}`);
      }
      await pause(asked < 20 ? 200 : 2_000);
    }
  } finally {
    progress.end();
  }
}
