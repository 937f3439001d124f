// Rows for tests that read: each factory writes one thing with sensible values and answers with its id.
import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { hashPassword } from '../../api/auth/passwords.ts';
import type { Role } from '../../contracts/scopes.ts';

type Columns = Record<string, unknown>;

/** Writes a row of `table` and answers with its id. */
async function insert(pool: pg.Pool, table: string, columns: Columns): Promise<string> {
  const names = Object.keys(columns);
  const places = names.map((_, index) => `$${index + 1}`);
  const { rows } = await pool.query(
    `insert into ${table} (${names.join(', ')}) values (${places.join(', ')}) returning *`,
    Object.values(columns),
  );
  return rows[0].id;
}

/** Rows of a connection need its partitions; a sync makes them, a factory has to. */
async function insertOf(
  pool: pg.Pool,
  connectionId: string,
  table: string,
  columns: Columns,
): Promise<string> {
  await pool.query('select create_partitions($1)', [connectionId]);
  return insert(pool, table, { connection_id: connectionId, ...columns });
}

/** A 16-byte key as the sync makes them of references. */
export function keyOf(reference: string): string {
  return createHash('md5').update(reference).digest('hex');
}

export function insertAccount(
  pool: pg.Pool,
  account: { username: string; password: string; role: Role; enabled?: boolean },
): Promise<string> {
  return hashPassword(account.password).then((password_hash) =>
    insert(pool, 'account', {
      username: account.username,
      display_name: account.username,
      password_hash,
      role: account.role,
      enabled: account.enabled ?? true,
    }),
  );
}

export function insertConnection(pool: pg.Pool, columns: Columns = {}): Promise<string> {
  return insert(pool, 'connection', {
    name: `connection ${randomUUID()}`,
    type: 'csv',
    config: { file: 'people.csv', keyColumn: 'id' },
    ...columns,
  });
}

export function insertProject(pool: pg.Pool, connectionId: string, columns: Columns = {}): Promise<string> {
  return insert(pool, 'sync_project', {
    name: `project ${randomUUID()}`,
    connection_id: connectionId,
    scopes: JSON.stringify([{ objectClass: 'user', baseDn: null, filter: null }]),
    ...columns,
  });
}

/** An object; `columns` are those of directory_object. Counted, as the merge counts it. */
export async function insertObject(
  pool: pg.Pool,
  connectionId: string,
  objectClass: string,
  columns: Columns = {},
): Promise<string> {
  const sourceId = String(columns.source_id ?? randomUUID());
  const now = new Date();
  const removed = columns.removed_at !== undefined && columns.removed_at !== null;
  const id = await insertOf(pool, connectionId, 'directory_object', {
    source_id: sourceId,
    object_class: objectClass,
    reference_key: keyOf(sourceId),
    display_name: sourceId,
    status: 'active',
    is_active: !removed && (columns.status ?? 'active') === 'active',
    attributes: {},
    digest: Buffer.alloc(16),
    first_seen_at: now,
    last_seen_at: now,
    updated_at: now,
    ...columns,
  });
  await pool.query(
    `insert into object_count (connection_id, object_class, present, removed) values ($1, $2, $3, $4)
     on conflict (connection_id, object_class) do update
       set present = object_count.present + excluded.present, removed = object_count.removed + excluded.removed`,
    [connectionId, objectClass, removed ? 0 : 1, removed ? 1 : 0],
  );
  await pool.query(
    `insert into object_filter_count (connection_id, object_class, department, status, present)
     values ($1, $2, coalesce(lower($3::text collate pg_c_utf8), ''), $4, $5)
     on conflict (connection_id, object_class, department, status) do update
       set present = object_filter_count.present + excluded.present`,
    [connectionId, objectClass, columns.department ?? null, columns.status ?? 'active', removed ? 0 : 1],
  );
  return id;
}

/** A project's claim on an object. */
export async function insertClaim(
  pool: pg.Pool,
  claim: { connectionId: string; objectId: string; projectId: string },
): Promise<void> {
  await pool.query('select create_partitions($1)', [claim.connectionId]);
  await pool.query('insert into object_scope (object_id, project_id, connection_id) values ($1, $2, $3)', [
    claim.objectId,
    claim.projectId,
    claim.connectionId,
  ]);
}

export function insertUser(pool: pg.Pool, connectionId: string, columns: Columns = {}): Promise<string> {
  return insertObject(pool, connectionId, 'user', columns);
}

export function insertGroup(pool: pg.Pool, connectionId: string, columns: Columns = {}): Promise<string> {
  return insertObject(pool, connectionId, 'group', { member_attribute: 'member', ...columns });
}

/** A membership; without `memberId` one whose member the connection does not hold. */
export async function insertMembership(
  pool: pg.Pool,
  membership: { connectionId: string; groupId: string; memberId?: string; reference: string; validTo?: Date },
): Promise<void> {
  await pool.query(
    `insert into membership (group_id, member_key, member_id, connection_id, reference, valid_from, valid_to)
     values ($1, $2, $3, $4, $5, now() - interval '1 day', $6)`,
    [
      membership.groupId,
      keyOf(membership.reference),
      membership.memberId ?? null,
      membership.connectionId,
      membership.reference,
      membership.validTo ?? null,
    ],
  );
}

export async function insertReference(
  pool: pg.Pool,
  reference: { connectionId: string; objectId: string; kind: 'manager' | 'owner'; targetId: string },
): Promise<void> {
  await pool.query(
    'insert into object_reference (object_id, kind, connection_id, key, target_id) values ($1, $2, $3, $4, $5)',
    [reference.objectId, reference.kind, reference.connectionId, randomUUID(), reference.targetId],
  );
}

export function insertChange(
  pool: pg.Pool,
  change: {
    connectionId: string;
    objectId: string;
    runId?: string;
    at?: Date;
    kind: string;
    before?: object;
    after?: object;
  },
): Promise<string> {
  return insertOf(pool, change.connectionId, 'object_change', {
    object_id: change.objectId,
    run_id: change.runId ?? null,
    at: change.at ?? new Date(),
    kind: change.kind,
    before: change.before ?? null,
    after: change.after ?? null,
  });
}

export function insertRun(
  pool: pg.Pool,
  project: { projectId: string; connectionId: string },
  columns: Columns = {},
): Promise<string> {
  return insert(pool, 'sync_run', {
    project_id: project.projectId,
    project_name: 'a project',
    connection_id: project.connectionId,
    workflow_id: `sync-project:${project.projectId}`,
    trigger: 'api',
    mode: 'full',
    status: 'completed',
    queued_at: new Date(),
    correlated_at: new Date(),
    ...columns,
  });
}
