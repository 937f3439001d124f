// The kinds of runs that are killed: what each is asked for, and what it leaves undone.
import { sql, run as statement } from '../../database/sql.ts';
import type { SyncLab } from '../support/sync-lab.ts';

export interface RunKind {
  name: string;
  mode: 'full' | 'incremental';
  dryRun: boolean;
  /** Of a new connection, of which nothing is stored. */
  first: boolean;
  /** Whether ids are compared: without that, nothing may be deleted before the run, since it would not be found. */
  scansIds: boolean;
}

const FULL: RunKind = { name: 'full run', mode: 'full', dryRun: false, first: false, scansIds: true };

export const FIRST_RUN: RunKind = { ...FULL, name: 'first run', first: true };

/** A dry run stands before a full one, which does what the dry run told of. */
export const RUN_KINDS: readonly RunKind[] = [
  FULL,
  { ...FULL, name: 'incremental run with scan', mode: 'incremental' },
  FIRST_RUN,
  { ...FULL, name: 'incremental run', mode: 'incremental', scansIds: false },
  { ...FULL, name: 'dry run', dryRun: true },
];

/** Triggers a run of that kind, and answers with its id. */
export async function triggerKind(lab: SyncLab, projectId: string, kind: RunKind): Promise<string> {
  await statement(
    lab.database.pool,
    sql`update sync_project set id_scan_every_runs = ${kind.scansIds ? 1 : 0} where id = ${projectId}`,
  );
  return lab.trigger(projectId, { mode: kind.mode, dryRun: kind.dryRun });
}
