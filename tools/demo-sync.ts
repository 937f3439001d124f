// Brings the sources of the demonstration in and has their persons computed, with progress shown. Each step is left
// out where an earlier start did it, and repeated where that one was cut short.
import { setTimeout as pause } from 'node:timers/promises';
import { type ApiClient, bodyOf } from '../cli/api-client.ts';
import { pollMs, showProgress } from '../cli/follow-run.ts';
import { createProgress } from '../cli/progress.ts';
import type { DemoClient } from './demo-client.ts';
import { type DemoProfile, ensureProfile } from './demo-profile.ts';
import { type DemoSource, DIRECTORY, ensureSource, HR_FILE, requireOwn } from './demo-sources.ts';
import { StartError } from './home-folder.ts';

export interface Demo {
  hr: DemoSource;
  directory: DemoSource;
  profile: DemoProfile;
  /** Whether anything was brought in or computed. */
  changed: boolean;
}

/**
 * Connections, projects and the profile first, then a run of each project, then a refresh of the profile's persons.
 * @throws StartError with the reason of a run or refresh that did not complete, or where a name is somebody else's.
 */
export async function ensureDemo(client: DemoClient, home: string): Promise<Demo> {
  const { api } = client;
  await requireOwn(api, [HR_FILE, DIRECTORY]);
  const hr = await ensureSource(api, home, HR_FILE);
  const directory = await ensureSource(api, home, DIRECTORY);
  const profile = await ensureProfile(api, hr.connectionId);
  let changed = false;
  for (const source of [hr, directory]) {
    // A profile that was made after a run changes what the next one does.
    const since = new Date(Math.max(source.changedAt.getTime(), Date.parse(profile.createdAt)));
    if (await ranSince(api, since, source)) continue;
    await runProject(client, source);
    changed = true;
  }
  if (await isRefreshDue(api, profile, [hr, directory])) {
    await refreshPersons(api, profile);
    changed = true;
  }
  return { hr, directory, profile, changed };
}

async function ranSince(api: ApiClient, since: Date, { projectId }: DemoSource): Promise<boolean> {
  const query = { projectId, status: 'completed', since: since.toISOString(), pageSize: '1' } as const;
  return bodyOf(await api.syncHistory.list({ query }), 200).totalCount > 0;
}

async function runProject({ api, follow }: DemoClient, { projectId, name }: DemoSource): Promise<void> {
  const started = await api.syncProjects.run({ params: { id: projectId }, query: {}, body: {} });
  const { id } = bodyOf(started, 202).data;
  await showProgress(follow(id), process.stderr, `Sync of ${name}`);
  const { data: run } = bodyOf(await api.syncHistory.get({ params: { id }, query: {} }), 200);
  if (run.status !== 'completed')
    throw new StartError(
      `The sync of ${name} ${run.status}: ${run.error?.message ?? 'the API has its reason'}`,
    );
}

/** After a change of the profile, and after a run. */
async function isRefreshDue(api: ApiClient, profile: DemoProfile, sources: DemoSource[]): Promise<boolean> {
  if (profile.identityRefreshRequired) return true;
  const query = { status: 'completed', sort: '-queuedAt', pageSize: '1' } as const;
  const answer = await api.identityProfiles.listRefreshes({ params: { id: profile.id }, query });
  const last = bodyOf(answer, 200).data[0];
  if (!last?.finishedAt) return true;
  for (const source of sources) if (await ranSince(api, new Date(last.finishedAt), source)) return true;
  return false;
}

async function refreshPersons(api: ApiClient, { id, name }: DemoProfile): Promise<void> {
  const answer = await api.identityProfiles.refresh({ params: { id }, query: {}, body: {} });
  let refresh = bodyOf(answer, 202).data;
  const progress = createProgress(`Refresh of ${name}`, process.stderr);
  try {
    for (let asked = 0; ; asked += 1) {
      progress.show(refresh.progress.percent, refresh.status);
      if (refresh.status === 'completed') return;
      if (refresh.status === 'failed')
        throw new StartError(
          `The refresh of ${name} failed: ${refresh.error?.message ?? 'the log has more'}`,
        );
      await pause(pollMs(asked));
      const params = { id, refreshId: refresh.id };
      refresh = bodyOf(await api.identityProfiles.getRefresh({ params, query: {} }), 200).data;
    }
  } finally {
    progress.end();
  }
}
