// Adds one large group to the loaded people: its members are people, and computers where those are too few.
import type pg from 'pg';

/** Members of the group that the API benchmark pages through. */
export const GROUP_MEMBERS = 50_000;
export const GROUP = '00000000-0000-7000-8000-000000000003';

const LOAD_COMPUTERS = `
  insert into directory_object (
    connection_id, source_id, object_class, distinguished_name, reference_key, display_name, account_name,
    status, is_active, attributes, digest, first_seen_at, last_seen_at, updated_at)
  select $1::uuid, md5('computer' || i)::uuid::text, 'computer', 'cn=' || name || ',ou=computers,dc=example,dc=org',
    md5(name)::uuid, name, name || '$', 'active', true,
    jsonb_build_object('objectClass', jsonb_build_array('top', 'computer'), 'cn', jsonb_build_array(name)),
    sha256(name::bytea), now(), now(), now()
  -- Names that begin with any letter, as those of people do.
  from (select i, substr(md5(i::text), 1, 4) || '-' || lpad(i::text, 6, '0') as name from generate_series(1, $2::int) i) computer`;

const LOAD_GROUP = `
  insert into directory_object (
    id, connection_id, source_id, object_class, distinguished_name, reference_key, display_name, member_attribute,
    member_count, status, is_active, attributes, digest, first_seen_at, last_seen_at, updated_at)
  values ($2, $1, 'everybody', 'group', 'cn=everybody,ou=groups,dc=example,dc=org', md5('everybody')::uuid, 'Everybody',
    'member', $3, 'active', true, '{}', '', now(), now(), now())`;

/** People at even distances among all of them, then computers. */
const LOAD_MEMBERS = `
  insert into membership (group_id, member_key, member_id, connection_id, reference, valid_from)
  select $2, o.reference_key, o.id, o.connection_id, o.distinguished_name, now()
  from directory_object o
  where o.connection_id = $1 and (o.object_class = 'computer'
    or o.object_class = 'user' and substr(o.account_name, 2)::int % $3::int = 0)
  order by o.object_class desc, o.reference_key
  limit $4`;

/** Adds the group, and as many computers as it takes to have GROUP_MEMBERS members beside `users` people. */
export async function loadGroup(client: pg.Client, connectionId: string, users: number): Promise<void> {
  const computers = Math.max(0, GROUP_MEMBERS - users);
  await client.query(LOAD_COMPUTERS, [connectionId, computers]);
  await client.query(LOAD_GROUP, [connectionId, GROUP, GROUP_MEMBERS]);
  const distance = Math.max(1, Math.floor(users / GROUP_MEMBERS));
  await client.query(LOAD_MEMBERS, [connectionId, GROUP, distance, GROUP_MEMBERS]);
}
