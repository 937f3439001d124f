// Compares all ids and names that a source has with what is stored of a project: what is new, renamed or gone.
import type pg from 'pg';
import { copyRows } from '../../copy-rows.ts';
import { run, runOne, sql } from '../../sql.ts';
import type { MergeScope } from './merge-objects.ts';
import { stagingTable } from './staging.ts';

/** The table of one scan; unlogged, and dropped with the staging of its read. */
export function scanTable(runId: string, epoch: number): string {
  return stagingTable('scan', runId, epoch);
}

/** Makes the table and copies all that the scan brings into it: one transaction, so that it is whole or missing. */
export async function copyScan(
  client: pg.PoolClient,
  table: string,
  chunks: AsyncIterable<Buffer>,
): Promise<void> {
  // No index: it is read once, as a whole. Two scopes may bring one entry twice.
  await client.query(
    `create unlogged table ${table} (source_id text collate "C" not null, distinguished_name text collate "C")`,
  );
  await copyRows(client, table, ['source_id', 'distinguished_name'], chunks);
}

export interface ScanComparison {
  /** Rows that the table still has: fewer than were copied when PostgreSQL crashed since. */
  scanned: number;
  /** Ids that are new to the project, or whose name differs, and that this read has not brought; `limit` at most. */
  differing: string[];
}

/**
 * Compares the scan with what the project claims, and lists what is gone as removals that are pending; must run
 * inside the fence. What the read itself has brought is neither. Everything is compared, by hash joins: no index
 * would help.
 */
export async function compareScan(
  client: pg.PoolClient,
  scope: MergeScope,
  table: string,
  limit: number,
): Promise<ScanComparison> {
  const { runId, connectionId, projectId, tables } = scope;
  const differences = table.replace('.scan_', '.difference_');
  await client.query(`set local work_mem = '64MB'`);
  // A table of its own, since a statement that lists removals besides could not compare on two processors.
  await run(
    client,
    sql`
      create unlogged table ${sql.raw(differences)} as
      select s.source_id as scanned_id, claimed.id, coalesce(s.source_id, claimed.source_id) as source_id
      from ${sql.raw(table)} s
      full join (
        select o.id, o.source_id, o.distinguished_name
        from object_scope c join directory_object o on o.id = c.object_id
        where c.connection_id = ${sql.lit(connectionId)} and c.project_id = ${sql.lit(projectId)}
          and o.connection_id = ${sql.lit(connectionId)}
      ) claimed on claimed.source_id = s.source_id
      where claimed.id is null or s.source_id is null
        or claimed.distinguished_name collate "C" is distinct from s.distinguished_name`,
  );
  const row = await runOne<ScanComparison>(
    client,
    sql`
      with unseen as materialized (
        select * from ${sql.raw(differences)} d
        where not exists (select from ${sql.raw(tables.seen)} seen where seen.source_id = d.source_id)
      ), gone as (
        insert into sync_pending_removal (run_id, object_id)
        select ${runId}, id from unseen where scanned_id is null
        on conflict do nothing
      )
      select (select count(*) from ${sql.raw(table)})::int as scanned,
             array(select distinct scanned_id from unseen where scanned_id is not null limit ${limit}) as differing`,
  );
  return row ?? { scanned: 0, differing: [] };
}
