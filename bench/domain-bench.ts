// The benchmark of Active Directory: incremental runs on a domain of Samba's, as parts of an unchanged full run.
import { startSamba } from '../test/support/samba-process.ts';
import { READER } from '../test/support/samba-seed.ts';
import { endWith } from './clean-up.ts';
import { cpuSeconds } from './cpu-time.ts';
import { benchPersonDn, fillDomain } from './domain-people.ts';
import type { DomainBenchOptions } from './options.ts';
import { type Product, startProduct } from './product.ts';
import { startRuntime, startTemporal } from './runtime.ts';
import { median } from './statistics.ts';
import { checkCounts, runOnce, type SyncRun } from './sync-run.ts';

export const DOMAIN_PHASES = ['unchanged', 'incremental', 'scanning'] as const;
export type DomainPhase = (typeof DOMAIN_PHASES)[number];

/** Seconds of each round, by the clock and of processor time here, without the domain controller's. */
export interface DomainFigure {
  seconds: number[];
  cpuSeconds: number[];
  /** Medians, as parts of an unchanged full run's. */
  ofUnchanged: number;
  cpuOfUnchanged: number;
}

export interface DomainReport {
  objects: number;
  firstSeconds: number;
  changed: number;
  phases: Record<DomainPhase, DomainFigure>;
}

const CHANGED = 100;

interface Measured {
  run: SyncRun;
  cpu: number;
}

/** @throws Error when Samba is missing, or when a run brings anything but what was changed. */
export async function benchDomain(
  options: DomainBenchOptions,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<DomainReport> {
  const runtime = await startRuntime(stack, say);
  const temporalAddress = await startTemporal(runtime.folder, stack, say);
  say(`Filling a domain with ${options.users} people …`);
  const samba = await startSamba((directory) => fillDomain(directory, options.users));
  await endWith(stack, () => samba.stop());
  const place = { databaseUrl: await runtime.createDatabase('domain'), temporalAddress };
  const product = await startProduct({ ...place, folder: runtime.folder, name: 'domain' }, stack);
  const projectId = await createProject(product, samba.url);
  const worker = await product.startWorker();
  const processorTime = async () =>
    ((await cpuSeconds(worker.pid)) ?? 0) + ((await cpuSeconds(runtime.postgresPid)) ?? 0);
  const measure = async (mode: 'full' | 'incremental'): Promise<Measured> => {
    const before = await processorTime();
    const run = await runOnce(product.client, projectId, worker.assertRunning, mode);
    return { run, cpu: (await processorTime()) - before };
  };
  const first = await measure('full');
  const { read: objects = 0 } = first.run.counts;
  say(`First full sync of ${objects} objects: ${first.run.seconds.toFixed(2)} s`);
  const rounds: Record<DomainPhase, Measured>[] = [];
  for (let round = 1; round <= options.runs; round += 1) {
    const unchanged = await measure('full');
    checkCounts('the unchanged run', unchanged.run, { unchanged: objects });
    const changed = async (scans: boolean): Promise<Measured> => {
      await product.client.patch(`/api/sync/projects/${projectId}`, { idScanEveryRuns: scans ? 1 : 0 });
      await samba.apply(retitled(`Round ${round} ${scans}`));
      const measured = await measure('incremental');
      // Whoever signs in changes himself.
      const { read = 0 } = measured.run.counts;
      checkCounts('the incremental run', measured.run, { updated: CHANGED, unchanged: read - CHANGED });
      return measured;
    };
    const measured = { unchanged, incremental: await changed(false), scanning: await changed(true) };
    rounds.push(measured);
    const times = DOMAIN_PHASES.map((phase) => `${phase} ${measured[phase].run.seconds.toFixed(2)} s`);
    say(`Round ${round}: ${times.join(', ')}`);
  }
  const figures = DOMAIN_PHASES.map((phase) => [phase, figureOf(rounds, phase)]);
  return {
    objects,
    firstSeconds: first.run.seconds,
    changed: CHANGED,
    phases: Object.fromEntries(figures) as DomainReport['phases'],
  };
}

async function createProject({ client }: Product, url: string): Promise<string> {
  const connection = await client.post<{ id: string }>('/api/connections', {
    name: 'Domain',
    type: 'active-directory',
    config: { url, ...READER },
  });
  const project = await client.post<{ id: string }>('/api/sync/projects', {
    name: 'Everything',
    connectionId: connection.id,
  });
  return project.id;
}

function retitled(title: string): string {
  return Array.from(
    { length: CHANGED },
    (_, number) => `dn: ${benchPersonDn(number)}\nchangetype: modify\nreplace: title\ntitle: ${title}\n`,
  ).join('\n');
}

function figureOf(rounds: Record<DomainPhase, Measured>[], phase: DomainPhase): DomainFigure {
  const seconds = rounds.map((round) => round[phase].run.seconds);
  const cpu = rounds.map((round) => round[phase].cpu);
  return {
    seconds,
    cpuSeconds: cpu,
    ofUnchanged: median(seconds) / median(rounds.map(({ unchanged }) => unchanged.run.seconds)),
    cpuOfUnchanged: median(cpu) / median(rounds.map(({ unchanged }) => unchanged.cpu)),
  };
}
