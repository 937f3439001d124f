// Reads the accounts of a person, which came and went, and what else was decided.
import { type Queryable, type RawBuilder, sql } from '../../sql.ts';
import { type ListRequest, type ListResult, listRows } from '../list-rows.ts';
import { type ObjectRow, objectColumns } from '../object-columns.ts';
import { readRow } from '../read-rows.ts';

export interface PersonLink {
  rule: string;
  confidence: number;
  manual: boolean;
  linkedAt: string;
  linkedBy: string | null;
}

export type PersonObjectRow = ObjectRow & { link: PersonLink };

const SORTS = {
  name: { expression: sql`lower(o.display_name)`, type: 'text' },
  linkedAt: { expression: sql`o.linked_at`, type: 'timestamptz' },
} as const;

/** A page of a person's accounts. Served by person_link_person and directory_object_id. */
export async function listPersonObjects(
  on: Queryable,
  personId: string,
  filter: { includeRemoved?: boolean | undefined },
  request: ListRequest<keyof typeof SORTS>,
): Promise<ListResult<PersonObjectRow>> {
  const result = await listRows<ObjectRow & PersonLink>(on, {
    columns,
    from: sql`(${linkedTo(personId)}) o`,
    where: filter.includeRemoved ? [] : [sql`o.removed_at is null`],
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
  return { ...result, rows: result.rows.map(shown) };
}

/** One account of a person; undefined where it is somebody else's. Served by person_link's key. */
export async function getPersonObject(
  on: Queryable,
  personId: string,
  objectId: string,
): Promise<PersonObjectRow | undefined> {
  const row = await readRow<ObjectRow & PersonLink>(
    on,
    sql`select ${columns} from (${linkedTo(personId)} and l.object_id = ${objectId}::uuid) o`,
  );
  return row && shown(row);
}

const columns = sql`${objectColumns()}, o.rule, o.confidence, o.manual, o.linked_at as "linkedAt",
  o.linked_by as "linkedBy"`;

function linkedTo(personId: string): RawBuilder<unknown> {
  return sql`
    select d.*, l.rule, l.confidence, l.manual, l.linked_at, l.linked_by
    from person_link l
    join directory_object d on d.connection_id = l.connection_id and d.id = l.object_id
    where l.person_id = ${personId}::uuid`;
}

function shown(row: ObjectRow & PersonLink): PersonObjectRow {
  const { rule, confidence, manual, linkedAt, linkedBy, ...object } = row;
  return { ...object, link: { rule, confidence, manual, linkedAt, linkedBy } };
}

export interface PersonEventRow {
  id: string;
  at: string;
  action: 'linked' | 'unlinked' | 'merged' | 'split' | 'lifecycle';
  objectId: string | null;
  connectionId: string | null;
  rule: string | null;
  confidence: number | null;
  lifecycleState: 'active' | 'inactive' | 'terminated' | null;
  by: string | null;
  runId: string | null;
}

/** A page of what became of a person and its accounts. Served by the key of person_link_event. */
export function listPersonHistory(
  on: Queryable,
  personId: string,
  request: ListRequest<'at'>,
): Promise<ListResult<PersonEventRow>> {
  return listRows<PersonEventRow>(on, {
    columns: sql`o.id, o.at, o.action, o.object_id as "objectId", o.connection_id as "connectionId", o.rule,
      o.confidence, o.lifecycle_state as "lifecycleState", o.by, o.run_id as "runId"`,
    from: sql`person_link_event o`,
    where: [sql`o.person_id = ${personId}::uuid`],
    sort: { expression: sql`o.at`, type: 'timestamptz' },
    id: sql`o.id`,
    request,
  });
}
