// Reads the cases that people have to decide, and decides them.
import type pg from 'pg';
import { AppError } from '../../../domain/app-error.ts';
import type { CaseReason } from '../../../domain/correlation/rules.ts';
import { type Queryable, type RawBuilder, run, sql } from '../../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from '../list-rows.ts';
import { readRow } from '../read-rows.ts';
import { givenPerson } from './existing-person.ts';
import { moveAccounts } from './move-accounts.ts';
import { ownPerson } from './own-person.ts';

export interface CorrelationCaseRow {
  id: string;
  objectId: string;
  objectName: string;
  connectionId: string;
  reason: CaseReason;
  candidates: { personId: string; displayName: string; rule: string; confidence: number }[];
  status: 'open' | 'resolved';
  resolution: { action: 'link' | 'new-person' | 'settled'; personId: string | null } | null;
  resolvedBy: string | null;
  resolvedAt: string | null;
  runId: string | null;
  createdAt: string;
}

export interface CaseFilter {
  status?: 'open' | 'resolved' | 'all' | undefined;
  reason?: CaseReason | undefined;
  connectionId?: string | undefined;
}

/** Names are looked up by directory_object_id and person's key, of the rows that are shown alone. */
const columns = sql`
    o.id, o.object_id as "objectId", coalesce((
      select d.display_name from directory_object d where d.connection_id = o.connection_id and d.id = o.object_id), '')
      as "objectName",
    o.connection_id as "connectionId", o.reason, (
      select coalesce(jsonb_agg(jsonb_build_object('personId', p.id, 'displayName', p.display_name,
                      'rule', k.one -> 'rule', 'confidence', k.one -> 'confidence') order by k.place), '[]')
      from jsonb_array_elements(o.candidates) with ordinality k (one, place)
      join person p on p.id = (k.one ->> 'personId')::uuid) as candidates,
    o.status, case when o.resolution is not null then jsonb_build_object(
      'action', o.resolution -> 'action', 'personId', o.resolution -> 'personId') end as resolution,
    o.resolved_by as "resolvedBy", o.resolved_at as "resolvedAt", o.run_id as "runId", o.created_at as "createdAt"`;

const SORTS = {
  // correlation_case_list serves this one.
  createdAt: { expression: sql`o.created_at`, type: 'timestamptz' },
  resolvedAt: { expression: sql`o.resolved_at`, type: 'timestamptz', nullable: true },
  reason: { expression: sql`o.reason`, type: 'text' },
} as const satisfies Record<string, SortField>;

export type CaseSort = keyof typeof SORTS;

/** A page of cases; open ones unless the filter says otherwise. */
export function listCases(
  on: Queryable,
  { status = 'open', reason, connectionId }: CaseFilter,
  request: ListRequest<CaseSort>,
): Promise<ListResult<CorrelationCaseRow>> {
  const where: RawBuilder<unknown>[] = [];
  if (status !== 'all') where.push(sql`o.status = ${sql.lit(status)}`);
  if (reason) where.push(sql`o.reason = ${reason}`);
  if (connectionId) where.push(sql`o.connection_id = ${connectionId}::uuid`);
  return listRows<CorrelationCaseRow>(on, {
    columns,
    from: sql`correlation_case o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}

/** Served by the primary key. */
export function getCase(on: Queryable, id: string): Promise<CorrelationCaseRow | undefined> {
  return readRow<CorrelationCaseRow>(
    on,
    sql`select ${columns} from correlation_case o where o.id = ${id}::uuid`,
  );
}

/** What somebody decides; `personId` null: the account is a new person. */
export interface Resolution {
  personId: string | null;
  by: string;
}

/**
 * Needs the correlation's lock.
 * @returns whether there is such a case
 * @throws AppError `conflict` when it is resolved already, `invalid_request` where there is no such person.
 */
export async function resolveCase(
  client: pg.PoolClient,
  id: string,
  { personId, by }: Resolution,
): Promise<boolean> {
  const found = await getCase(client, id);
  if (!found) return false;
  if (found.status === 'resolved')
    throw new AppError(
      'conflict',
      `This case was resolved ${found.resolvedBy === null ? 'by a run' : `by ${found.resolvedBy}`} at ${found.resolvedAt}.`,
    );
  const move = { objectIds: [found.objectId], by, action: 'linked' as const };
  if (personId !== null) {
    const { id: to } = await givenPerson(client, personId);
    await moveAccounts(client, { ...move, personId: to, resolution: 'link' });
    return true;
  }
  const own = await ownPerson(client, move.objectIds);
  await moveAccounts(client, { ...move, personId: own, resolution: 'new-person' });
  await refuseCandidates(client, found, { own, by });
  return true;
}

/** Whom the account might have belonged to, it does not, nor do their accounts belong to it. */
async function refuseCandidates(
  client: pg.PoolClient,
  found: CorrelationCaseRow,
  { own, by }: { own: string; by: string },
): Promise<void> {
  const refused = found.candidates.map(({ personId }) => personId);
  await run(
    client,
    sql`
      insert into person_link_denial (object_id, person_id, by)
      select ${found.objectId}::uuid, person_id, ${by} from unnest(${refused}::uuid[]) person_id
      union
      select object_id, ${own}::uuid, ${by} from person_link where person_id = any(${refused}::uuid[])
      on conflict do nothing`,
  );
}
