// One synchronisation through the product, and the proof that it brought exactly what was generated.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { GeneratedDirectory } from './generate-directory.ts';
import type { RestClient } from './rest-client.ts';

export interface StepTime {
  name: string;
  seconds: number;
}

export interface SyncRun {
  /** Milliseconds since 1970, by the database's clock. */
  startedAt: number;
  /** From the run's start to its end, but for its last step, which joins accounts into persons. */
  seconds: number;
  correlateSeconds: number;
  steps: StepTime[];
  counts: Record<string, number>;
}

interface RunDetails {
  id: string;
  status: string;
  readMode: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  counts: Record<string, number>;
  progress: { step: string | null; percent: number };
  error: { code: string; message: string } | null;
  steps: { name: string; startedAt: string | null; finishedAt: string | null }[];
}

export interface LdapSource {
  url: string;
  baseDn: string;
  bindDn: string;
  bindPassword: string;
}

const OVERLAP_SECONDS = 5;
const POLL_MS = 500;
const RUN_TIMEOUT_MS = 60 * 60_000;

/** What a project reads of the directory. */
export interface ProjectPart {
  /** Of the project and of its connection. */
  name: string;
  baseDns: string[];
  scopes?: { objectClass: string; baseDn: string | null; filter: string | null }[];
}

/**
 * Creates an LDAP connection and a project of its own; answers with the project's id.
 * @param part default: all of the directory, by the connector's default scopes
 */
export async function createProject(
  client: RestClient,
  source: LdapSource,
  part: ProjectPart = { name: 'Everything', baseDns: [source.baseDn] },
): Promise<string> {
  const { url, bindDn, bindPassword } = source;
  const { name, baseDns, scopes } = part;
  const connection = await client.post<{ id: string }>('/api/connections', {
    name,
    type: 'ldap',
    // The directory was loaded a moment ago: with the usual overlap, all of it would be read again as changed.
    config: { url, bindDn, bindPassword, baseDns, changeOverlapSeconds: OVERLAP_SECONDS },
  });
  const project = await client.post<{ id: string }>('/api/sync/projects', {
    name,
    connectionId: connection.id,
    scopes,
  });
  return project.id;
}

/** Triggers a run and waits for its end. @throws Error when it does not complete, or the worker ends. */
export async function runOnce(
  client: RestClient,
  projectId: string,
  workerRuns: () => Promise<void>,
  mode: 'full' | 'incremental' = 'full',
): Promise<SyncRun> {
  const { id } = await client.post<{ id: string }>(`/api/sync/projects/${projectId}/run`, { mode });
  const deadline = Date.now() + RUN_TIMEOUT_MS;
  while (Date.now() < deadline) {
    await sleep(POLL_MS);
    await workerRuns();
    const run = await client.get<RunDetails>(`/api/sync/history/${id}`);
    if (run.status === 'completed' && run.readMode !== mode)
      throw new Error(`the run read in mode ${run.readMode}, not ${mode}`);
    if (run.status === 'completed') return toSyncRun(run);
    if (run.status !== 'queued' && run.status !== 'running')
      throw new Error(`the run ended as ${run.status}: ${run.error?.code} ${run.error?.message}`);
  }
  throw new Error('the run did not end within an hour');
}

function toSyncRun(run: RunDetails): SyncRun {
  const correlate = run.steps.find(({ name }) => name === 'correlate');
  const correlateSeconds = secondsBetween(correlate?.startedAt ?? null, correlate?.finishedAt ?? null);
  return {
    startedAt: Date.parse(run.startedAt ?? ''),
    seconds: secondsBetween(run.startedAt, run.finishedAt) - correlateSeconds,
    correlateSeconds,
    steps: run.steps.map((step) => ({
      name: step.name,
      seconds: secondsBetween(step.startedAt, step.finishedAt),
    })),
    counts: run.counts,
  };
}

function secondsBetween(from: string | null, to: string | null): number {
  return from && to ? (Date.parse(to) - Date.parse(from)) / 1_000 : 0;
}

/** @throws Error listing every count of the run that is not what it has to be. */
export function checkCounts(what: string, run: SyncRun, expected: Record<string, number>): void {
  const all: Record<string, number> = {
    ...{ created: 0, updated: 0, unchanged: 0, deactivated: 0, reactivated: 0 },
    ...{ membershipsAdded: 0, membershipsRemoved: 0, errors: 0 },
    ...expected,
  };
  refuseDifferences(
    what,
    all,
    Object.fromEntries(Object.keys(all).map((name) => [name, run.counts[name] ?? 0])),
  );
}

/** @throws Error when the database holds other than the directory: objects, memberships, managers, changes. */
export async function checkStored(databaseUrl: string, generated: GeneratedDirectory): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, number>>(`
      select
        (select count(*) from directory_object where object_class = 'user' and is_active)::int as users,
        (select count(*) from directory_object where object_class = 'group' and is_active)::int as groups,
        (select count(*) from directory_object)::int as objects,
        (select count(*) from membership where valid_to is null)::int as memberships,
        (select count(*) from membership where member_id is null)::int as "unresolvedMemberships",
        (select count(*) from object_reference where kind = 'manager' and target_id is not null)::int as managers,
        (select count(*) from object_change)::int as changes`);
    const { users, groups, objects, memberships, managers } = generated;
    const expected = { users, groups, objects, memberships, unresolvedMemberships: 0, managers };
    refuseDifferences('the stored state', { ...expected, changes: objects }, rows[0] ?? {});
  } finally {
    await client.end();
  }
}

/** @throws Error when correlation came to other persons than people there are, or left an account to nobody. */
export async function checkPersons(
  databaseUrl: string,
  expected: { persons: number; accounts: number },
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, number>>(`
      select (select count(*) from person where dissolved_at is null)::int as persons,
             (select count(*) from person_link)::int as accounts`);
    refuseDifferences('what the accounts were joined into', expected, rows[0] ?? {});
  } finally {
    await client.end();
  }
}

function refuseDifferences(
  what: string,
  expected: Record<string, number>,
  found: Record<string, number>,
): void {
  const wrong = Object.entries(expected)
    .filter(([name, value]) => found[name] !== value)
    .map(([name, value]) => `${name} is ${found[name]}, not ${value}`);
  if (wrong.length > 0) throw new Error(`${what} is wrong: ${wrong.join('; ')}`);
}
