// Fills a migrated database with users straight by SQL, as a completed synchronisation would have left them.
import pg from 'pg';
import { DEPARTMENTS, GIVEN_NAMES, SURNAMES, TITLES } from './directory-people.ts';
import { loadGroup } from './load-group.ts';

const CONNECTION = '00000000-0000-7000-8000-000000000001';
const PROJECT = '00000000-0000-7000-8000-000000000002';

/** SQL of a value out of a list that looks random and is the same in every run; `i` counts rows. */
export const pickFrom = (list: string, salt: number) =>
  `(${list}::text[])[1 + ((hashint4(i * 31 + ${salt})::bigint & 2147483647) % cardinality(${list}::text[]))]`;

const LOAD_USERS = `
  insert into directory_object (
    connection_id, source_id, object_class, distinguished_name, reference_key, display_name, account_name,
    user_principal_name, given_name, surname, email, employee_id, department, title, company, phone, description,
    status, is_active, last_logon_at, password_last_set_at, account_expires_at, source_created_at,
    source_changed_at, attributes, side_attributes, digest, first_seen_at, last_seen_at, updated_at)
  select
    $1::uuid, md5('id' || i)::uuid::text, 'user', 'uid=' || account || ',ou=people,dc=example,dc=org',
    md5(account)::uuid, given || ' ' || surname, account,
    account || '@example.org', given, surname, lower(given || '.' || surname || '.' || i) || '@example.org',
    (100000 + i)::text, department, title, 'Example Organisation', '+49 30 ' || (5000000 + i),
    case when i % 4 = 0 then 'Joined ' || (2000 + i % 26) end,
    case when i % 50 = 0 then 'disabled' else 'active' end, i % 50 <> 0,
    now() - (i % 90) * interval '1 day', now() - (i % 365) * interval '1 day',
    case when i % 10 = 0 then now() + (i % 300) * interval '1 day' end,
    now() - (i % 3000) * interval '1 day', now() - (i % 100) * interval '1 hour',
    jsonb_build_object(
      'objectClass', jsonb_build_array('top', 'person', 'organizationalPerson', 'inetOrgPerson'),
      'uid', jsonb_build_array(account), 'cn', jsonb_build_array(given || ' ' || surname),
      'sn', jsonb_build_array(surname), 'givenName', jsonb_build_array(given),
      'mail', jsonb_build_array(lower(given || '.' || surname || '.' || i) || '@example.org'),
      'employeeNumber', jsonb_build_array((100000 + i)::text), 'departmentNumber', jsonb_build_array(department),
      'title', jsonb_build_array(title), 'telephoneNumber', jsonb_build_array('+49 30 ' || (5000000 + i))),
    jsonb_build_object('modifyTimestamp', jsonb_build_array('20261101000000Z')),
    sha256(account::bytea), now(), now(), now()
  from (
    select i, 'u' || lpad(i::text, 7, '0') as account, ${pickFrom('$3', 1)} as given, ${pickFrom('$4', 2)} as surname,
      ${pickFrom('$5', 3)} as department, ${pickFrom('$6', 4)} as title
    from generate_series(1, $2::int) i) person`;

/** Loads `users` people and a large group on one connection that one project claims, with managers and totals. */
export async function loadUsers(databaseUrl: string, users: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`insert into connection (id, name, type, config) values ($1, 'Loaded', 'csv', '{}')`, [
      CONNECTION,
    ]);
    await client.query(
      `insert into sync_project (id, name, connection_id, scopes, seen_through_at)
       values ($1, 'Loaded', $2, '[]', now())`,
      [PROJECT, CONNECTION],
    );
    await client.query('select create_partitions($1)', [CONNECTION]);
    await client.query(LOAD_USERS, [CONNECTION, users, GIVEN_NAMES, SURNAMES, DEPARTMENTS, TITLES]);
    await client.query(
      'insert into object_scope (object_id, project_id, connection_id) select id, $1, connection_id from directory_object',
      [PROJECT],
    );
    // Everybody reports to one of the first tenth.
    await client.query(
      `insert into object_reference (object_id, kind, connection_id, key, target_id)
       select o.id, 'manager', o.connection_id, m.reference_key, m.id
       from directory_object o
       join directory_object m
         on m.account_name = 'u' || lpad((1 + substr(o.account_name, 2)::int % ($1::int / 10))::text, 7, '0')`,
      [users],
    );
    await loadGroup(client, CONNECTION, users);
    await client.query(
      `insert into object_count (connection_id, object_class, present)
       select connection_id, object_class, count(*) from directory_object group by 1, 2`,
    );
    await client.query(
      `insert into object_filter_count (connection_id, object_class, department, status, present)
       select connection_id, object_class, coalesce(lower(department), ''), status, count(*)
       from directory_object group by 1, 2, 3, 4`,
    );
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
