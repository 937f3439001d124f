// The accounts of persons in the order in which they count: what leads a person, and what its fields come from.
import { type RawBuilder, sql } from '../../sql.ts';

/**
 * Of each connection that an enabled profile names, the profile that counts: the lowest priority number. There are
 * tens of profiles: the table is read as a whole.
 */
export const leadingProfiles = sql`
  select distinct on (connection_id) connection_id, id, priority from identity_profile
  where enabled order by connection_id, priority, id`;

/** First those on authoritative connections, among them those that are there, then by priority; then all others. */
export const accountOrder = sql`r.priority is null, o.removed_at is not null, r.priority, r.id, o.connection_id, o.id`;

/** Active Directory, the password policy of OpenLDAP and its kin, and eDirectory; "0" says that it is not. */
const LOCK_ATTRIBUTES = ['lockoutTime', 'pwdAccountLockedTime', 'lockedByIntruder'];
const NAMES = sql`array[${sql.join(LOCK_ATTRIBUTES.map((name) => sql.lit(name)))}]`;

/** Few accounts have any of them: one look tells. */
const locked = sql`
      case when o.attributes ?| ${NAMES} or o.side_attributes ?| ${NAMES} then exists (
        select from unnest(${NAMES}) n (name)
        where coalesce(o.attributes -> n.name ->> 0, o.side_attributes -> n.name ->> 0, '')
          not in ('', '0', 'FALSE', 'false')) else false end`;

/** More of each account than its fields: columns, and what they come from. */
export interface MoreOfAccounts {
  columns: RawBuilder<unknown>;
  from: RawBuilder<unknown>;
}

const NOTHING: MoreOfAccounts = { columns: sql``, from: sql`` };

/**
 * The accounts of one person in their order, to be joined laterally: look-ups a person, since no plan knows much of
 * tables that were filled a moment ago. An aggregate over it takes the accounts in that order. Served by
 * person_link_person, directory_object_id, object_reference_kind and person_link's key.
 */
export function accountsOf(personId: RawBuilder<unknown>, more = NOTHING): RawBuilder<unknown> {
  return sql`
        select r.id as profile_id, o.display_name, o.given_name, o.surname, o.email, o.employee_id, o.department,
          o.title, o.account_name, m.person_id as manager_id, o.removed_at is not null as removed,
          o.status = 'active' as enabled, ${locked} as locked ${more.columns}
        from person_link l
        join directory_object o on o.id = l.object_id and o.connection_id = l.connection_id
        left join (${leadingProfiles}) r on r.connection_id = l.connection_id
        left join object_reference f
          on f.object_id = l.object_id and f.connection_id = l.connection_id and f.kind = 'manager'
        left join person_link m on m.object_id = f.target_id
        ${more.from}
        where l.person_id = ${personId}
        order by ${accountOrder}`;
}

/** What the first account that has a value says, of `accountsOf` as `a`. */
export const first = (column: string) => sql`first_known(a.${sql.ref(column)})`;
