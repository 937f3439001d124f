// Which columns make up a user, a group and an object as the API shows them.
import { type RawBuilder, sql } from '../sql.ts';

export interface ObjectTimes {
  sourceCreatedAt: string | null;
  sourceChangedAt: string | null;
  firstSeenAt: string;
  lastSeenAt: string;
  updatedAt: string;
  removedAt: string | null;
}

export interface UserRow extends ObjectTimes {
  id: string;
  connectionId: string;
  personId: string | null;
  sourceId: string;
  distinguishedName: string | null;
  accountName: string | null;
  userPrincipalName: string | null;
  displayName: string;
  givenName: string | null;
  surname: string | null;
  email: string | null;
  employeeId: string | null;
  department: string | null;
  title: string | null;
  company: string | null;
  phone: string | null;
  managerId: string | null;
  status: 'active' | 'disabled';
  isActive: boolean;
  lastLogonAt: string | null;
  passwordLastSetAt: string | null;
  accountExpiresAt: string | null;
}

export interface GroupRow extends ObjectTimes {
  id: string;
  connectionId: string;
  sourceId: string;
  distinguishedName: string | null;
  name: string;
  description: string | null;
  email: string | null;
  groupType: string | null;
  ownerId: string | null;
  memberCount: number;
  isActive: boolean;
}

export interface ObjectRow extends ObjectTimes {
  id: string;
  connectionId: string;
  personId: string | null;
  sourceId: string;
  objectClass: string;
  distinguishedName: string | null;
  name: string;
  accountName: string | null;
  email: string | null;
  description: string | null;
  status: 'active' | 'disabled';
  isActive: boolean;
}

/** Whose partitions the look-ups ask: the row's, or one that is named, so that no others have to be planned for. */
type Connection = RawBuilder<unknown>;
const ANY_CONNECTION: Connection = sql`o.connection_id`;

/**
 * The row's own last_seen_at is written only when the object changes; what claims it says until when it was
 * seen unchanged. Served by object_scope_claim and sync_project's key.
 */
const lastSeenAt = (
  connection: Connection,
) => sql`case when o.removed_at is null then greatest(o.last_seen_at, (
      select max(p.seen_through_at) from object_scope s join sync_project p on p.id = s.project_id
      where s.object_id = o.id and s.connection_id = ${connection})) else o.last_seen_at end as "lastSeenAt"`;

const times = (
  connection: Connection,
) => sql`o.source_created_at as "sourceCreatedAt", o.source_changed_at as "sourceChangedAt",
    o.first_seen_at as "firstSeenAt", ${lastSeenAt(connection)}, o.updated_at as "updatedAt", o.removed_at as "removedAt"`;

/** Served by object_reference_kind. */
function reference(kind: 'manager' | 'owner', connection: Connection): RawBuilder<unknown> {
  return sql`(select r.target_id from object_reference r where r.object_id = o.id and r.connection_id = ${connection} and r.kind = ${sql.lit(kind)})`;
}

/** Served by person_link's primary key. */
const personId = sql`(select l.person_id from person_link l where l.object_id = o.id) as "personId"`;

/** A user, of the row `o` of directory_object. */
export const userColumns = (connection = ANY_CONNECTION): RawBuilder<unknown> => sql`
    o.id, o.connection_id as "connectionId", ${personId}, o.source_id as "sourceId",
    o.distinguished_name as "distinguishedName", o.account_name as "accountName",
    o.user_principal_name as "userPrincipalName", o.display_name as "displayName", o.given_name as "givenName",
    o.surname, o.email, o.employee_id as "employeeId", o.department, o.title, o.company, o.phone,
    ${reference('manager', connection)} as "managerId", o.status, o.is_active as "isActive",
    o.last_logon_at as "lastLogonAt", o.password_last_set_at as "passwordLastSetAt",
    o.account_expires_at as "accountExpiresAt", ${times(connection)}`;

/** What of a group may be answered for a past moment. */
export type GroupState = Record<
  'name' | 'distinguishedName' | 'isActive' | 'memberCount',
  RawBuilder<unknown>
>;

/** A group, of the row `o` of directory_object, in the given state. */
export function groupColumnsWith(state: GroupState, connection = ANY_CONNECTION): RawBuilder<unknown> {
  return sql`
    o.id, o.connection_id as "connectionId", o.source_id as "sourceId",
    ${state.distinguishedName} as "distinguishedName", ${state.name} as name, o.description, o.email,
    o.group_type as "groupType", ${reference('owner', connection)} as "ownerId", ${state.memberCount} as "memberCount",
    ${state.isActive} as "isActive", ${times(connection)}`;
}

/** A group, of the row `o` of directory_object. */
export const groupColumns = (connection = ANY_CONNECTION): RawBuilder<unknown> =>
  groupColumnsWith(
    {
      name: sql`o.display_name`,
      distinguishedName: sql`o.distinguished_name`,
      isActive: sql`o.is_active`,
      memberCount: sql`o.member_count`,
    },
    connection,
  );

/** Any object, of the row `o` of directory_object. */
export const objectColumns = (connection = ANY_CONNECTION): RawBuilder<unknown> => sql`
    o.id, o.connection_id as "connectionId", ${personId}, o.source_id as "sourceId",
    o.object_class as "objectClass", o.distinguished_name as "distinguishedName", o.display_name as name,
    o.account_name as "accountName", o.email, o.description, o.status, o.is_active as "isActive", ${times(connection)}`;
