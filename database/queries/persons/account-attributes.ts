// Which attributes accounts have at all: what a preview compares names with that transforms read.
import { type Queryable, type RawBuilder, run, sql } from '../../sql.ts';

/** Accounts of a connection, beside the person's own, that are looked at. */
const SAMPLE = 200;

interface AccountAttributes {
  connectionId: string;
  /** How many accounts the person has there, and which attributes these have. */
  accounts: number;
  own: string[];
  /** The same of some others. */
  sampled: number;
  others: string[];
}

/** Of a person, by connection. person_link_person and directory_object_id serve it, and the partition of the connection. */
export function accountAttributes(
  on: Queryable,
  personId: string,
  connectionIds: readonly string[],
): Promise<AccountAttributes[]> {
  return run<AccountAttributes>(
    on,
    sql`
      select c.id as "connectionId", own.count as accounts, own.names as own, others.count as sampled,
        others.names as others
      from unnest(${connectionIds}::uuid[]) c (id)
      cross join lateral (${namesOf(sql`
        select o.attributes, o.side_attributes
        from person_link l
        join directory_object o on o.id = l.object_id and o.connection_id = l.connection_id
        where l.person_id = ${personId}::uuid and l.connection_id = c.id`)}) own
      cross join lateral (${namesOf(sql`
        select o.attributes, o.side_attributes
        from directory_object o
        where o.connection_id = c.id and o.object_class = 'user' and o.removed_at is null
          and not exists (select from person_link l where l.object_id = o.id and l.person_id = ${personId}::uuid)
        limit ${SAMPLE}`)}) others`,
  );
}

const namesOf = (accounts: RawBuilder<unknown>) => sql`
  with account as materialized (${accounts})
  select (select count(*)::int from account) as count, array(
    select jsonb_object_keys(attributes) from account union select jsonb_object_keys(side_attributes) from account
    order by 1) as names`;
