// Tells, for one page of a read, which entries are known unchanged and which were read before in this read.
import { type Queryable, run, sql } from '../../sql.ts';
import type { StagingTables } from './staging.ts';

export interface KnownEntry {
  /** Read already in this read: by another scope or base, whose class holds. */
  repeated: boolean;
  /** Hex digests of what is stored; null when nothing is, or it is marked removed, or this project has no claim. */
  digest: string | null;
  membersHash: string | null;
}

/**
 * What is known of `sourceIds`, in their order. Served by directory_object_source, object_scope_claim and the key
 * of the read's `seen` table: three look-ups an id, one statement a page.
 */
export async function knownEntries(
  on: Queryable,
  query: { connectionId: string; projectId: string; tables: StagingTables; sourceIds: string[] },
): Promise<KnownEntry[]> {
  return run<KnownEntry>(
    on,
    sql`
      select s.source_id is not null as "repeated",
             encode(o.digest, 'hex') as digest,
             encode(o.members_hash, 'hex') as "membersHash"
      from unnest(${query.sourceIds}::text[]) with ordinality as wanted (source_id, position)
      -- Laterals, since a join would have the planner read the whole table once a page.
      left join lateral (
        select seen.source_id from ${sql.raw(query.tables.seen)} seen
        where seen.source_id = wanted.source_id collate "C" limit 1
      ) s on true
      left join lateral (
        select found.digest, found.members_hash from directory_object found
        where found.connection_id = ${query.connectionId} and found.source_id = wanted.source_id collate "C"
          and found.removed_at is null
          and exists (select from object_scope c
                      where c.object_id = found.id and c.project_id = ${query.projectId}
                        and c.connection_id = ${query.connectionId} offset 0)
        limit 1
      ) o on true
      order by wanted.position`,
  );
}
