// Where a project's next read of changes may begin: noted with a read, kept when its run is complete.
import type pg from 'pg';
import type { ReadBasis } from '../../../domain/read-basis.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** A watermark as its connector made it, and what it holds for. */
export interface NextWatermark {
  watermark: Record<string, string | number>;
  basis: ReadBasis;
}

export interface KeptWatermark extends NextWatermark {
  /** Complete incremental runs since all ids were last compared. */
  runsSinceScan: number;
}

/** That of the latest complete read, full or incremental; null when there is none. Served by the primary key. */
export async function latestWatermark(on: Queryable, projectId: string): Promise<KeptWatermark | null> {
  const row = await runOne<KeptWatermark>(
    on,
    sql`
      select watermark, basis, runs_since_scan as "runsSinceScan" from sync_watermark
      where project_id = ${projectId} order by read_at desc limit 1`,
  );
  return row ?? null;
}

/** Keeps the watermark that the run's read has noted; must run in the transaction that completes the run. */
export async function keepWatermark(client: pg.PoolClient, runId: string): Promise<void> {
  await run(
    client,
    sql`
      insert into sync_watermark (project_id, read_mode, run_id, read_at, watermark, basis, runs_since_scan)
      select p.id, r.read_mode, r.id, r.started_at, r.next_watermark -> 'watermark', r.next_watermark -> 'basis',
             case when r.read_mode = 'full' or r.ids_scanned then 0
                  else 1 + coalesce((select w.runs_since_scan from sync_watermark w where w.project_id = p.id
                                     order by w.read_at desc limit 1), 0) end
      from sync_run r join sync_project p on p.id = r.project_id
      where r.id = ${runId} and r.next_watermark is not null and not r.dry_run
      on conflict (project_id, read_mode) do update set
        run_id = excluded.run_id, read_at = excluded.read_at, watermark = excluded.watermark, basis = excluded.basis,
        runs_since_scan = excluded.runs_since_scan`,
  );
}
