// Makes the sample connection and project over the API and runs the first sync, with its progress shown.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ApiClient, bodyOf } from '../cli/api-client.ts';
import { idOfName } from '../cli/find-named.ts';
import { pollRun, showProgress } from '../cli/follow-run.ts';
import { StartError } from './home-folder.ts';

const SAMPLES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'samples');
const CONNECTION = 'Sample directory';
const PROJECT = 'Sample directory: everything';

/**
 * Brings the sample directory in, unless an earlier start did: its data are kept then.
 * @returns whether a sync ran.
 * @throws StartError with the run's own reason when it did not complete.
 */
export async function ensureSampleDirectory(api: ApiClient, home: string): Promise<boolean> {
  copySamples(home);
  const projectId = (await idOfName(api, 'syncProjects', PROJECT)) ?? (await createProject(api));
  const query = { projectId, status: 'completed', pageSize: '1' } as const;
  if (bodyOf(await api.syncHistory.list({ query }), 200).totalCount > 0) return false;
  const started = await api.syncProjects.run({ params: { id: projectId }, query: {}, body: {} });
  await follow(api, bodyOf(started, 202).data.id);
  return true;
}

function copySamples(home: string): void {
  const folder = join(home, 'import', 'sample');
  mkdirSync(folder, { recursive: true });
  for (const name of ['people.csv', 'memberships.csv']) copyFileSync(join(SAMPLES, name), join(folder, name));
}

/** @returns its id */
async function createProject(api: ApiClient): Promise<string> {
  const connectionId = (await idOfName(api, 'connections', CONNECTION)) ?? (await createConnection(api));
  const body = { name: PROJECT, connectionId };
  return bodyOf(await api.syncProjects.create({ query: {}, body }), 201).data.id;
}

/** @returns its id */
async function createConnection(api: ApiClient): Promise<string> {
  const config = {
    file: 'sample/people.csv',
    keyColumn: 'id',
    classColumn: 'class',
    membershipFile: 'sample/memberships.csv',
  };
  const body = { name: CONNECTION, type: 'csv', config } as const;
  return bodyOf(await api.connections.create({ query: {}, body }), 201).data.id;
}

/** Shows the run until it is over or waits for somebody. */
async function follow(api: ApiClient, runId: string): Promise<void> {
  await showProgress(pollRun(api, runId, new AbortController().signal), process.stderr);
  const { data: run } = bodyOf(await api.syncHistory.get({ params: { id: runId }, query: {} }), 200);
  if (run.status !== 'completed')
    throw new StartError(`The sync ${run.status}: ${run.error?.message ?? 'see the API for its reason'}`);
}
