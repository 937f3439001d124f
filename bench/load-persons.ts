// Fills a migrated database with people who have an account in an HR system and one in a directory, as two first
// synchronisations would have left them, and with an identity profile that reads both.
import pg from 'pg';
import { correlate } from '../database/queries/correlation/correlate.ts';
import { transaction } from '../database/sql.ts';
import {
  hasTimeBasedAttribute,
  type IdentityAttributeConfig,
} from '../domain/identity-profiles/profile-config.ts';
import { DEPARTMENTS, GIVEN_NAMES, SURNAMES, TITLES } from './directory-people.ts';
import { pickFrom } from './load-users.ts';

const HR = '00000000-0000-7000-8000-000000000011';
const DIRECTORY = '00000000-0000-7000-8000-000000000012';
export const PROFILE = '00000000-0000-7000-8000-000000000013';

const of = (sourceName: string, attributeName: string) => ({
  type: 'accountAttribute',
  attributes: { sourceName, attributeName },
});
const transform = (type: string, attributes: Record<string, unknown>) => ({ type, attributes });

/** Fifteen mappings, as such profiles have them: most take an attribute as it is, two are nested three deep. */
const MAPPINGS: Record<string, ReturnType<typeof transform>> = {
  uid: of('HR', 'id'),
  firstname: transform('normalizeNames', { input: of('HR', 'first') }),
  lastname: transform('normalizeNames', { input: of('HR', 'last') }),
  displayName: transform('displayName', {}),
  email: transform('lower', {
    input: transform('firstValid', {
      values: [
        of('Directory', 'mail'),
        transform('concat', { values: [of('HR', 'first'), '.', of('HR', 'last'), '@example.org'] }),
      ],
    }),
  }),
  initials: transform('upper', {
    input: transform('substring', {
      begin: 0,
      end: 2,
      input: transform('replace', { regex: '[^A-Za-z]', replacement: '', input: of('HR', 'last') }),
    }),
  }),
  department: of('HR', 'department'),
  title: of('HR', 'title'),
  employeeNumber: of('HR', 'id'),
  phone: of('Directory', 'telephoneNumber'),
  company: transform('static', { value: 'Example Organisation' }),
  region: transform('lookup', {
    input: of('HR', 'country'),
    table: { DE: 'EMEA', US: 'Americas', default: 'none' },
  }),
  costCenter: transform('leftPad', { input: of('HR', 'costCenter'), length: '6', padding: '0' }),
  startDate: transform('dateFormat', {
    input: of('HR', 'start'),
    inputFormat: 'yyyy-MM-dd',
    outputFormat: 'ISO8601',
  }),
  accountName: of('Directory', 'uid'),
};

/** Another variant gives every person other values. */
export function benchConfig(variant: number): IdentityAttributeConfig {
  const company = transform('static', { value: `Example Organisation ${variant}` });
  const mappings = variant === 0 ? MAPPINGS : { ...MAPPINGS, company };
  return {
    enabled: true,
    attributeTransforms: Object.entries(mappings).map(([identityAttributeName, transformDefinition]) => ({
      identityAttributeName,
      transformDefinition,
    })),
  };
}

const person = (last: string) => `
    select i, 'u' || lpad(i::text, 7, '0') as account, ${pickFrom('$3', 1)} as given, ${pickFrom('$4', 2)} as surname,
      ${pickFrom('$5', 3)} as department, ${pickFrom('$6', 4)} as title
    from generate_series(1, ${last}::int) i`;

const COLUMNS = `connection_id, source_id, object_class, distinguished_name, reference_key, display_name, account_name,
    given_name, surname, email, employee_id, department, title, status, is_active, source_created_at, attributes, digest,
    first_seen_at, last_seen_at, updated_at`;

const LOAD_HR = `
  insert into directory_object (${COLUMNS})
  select $1::uuid, (100000 + i)::text, 'user', null, md5('hr' || i)::uuid, given || ' ' || surname, null, given, surname, null,
    (100000 + i)::text, department, title, case when i % 50 = 0 then 'disabled' else 'active' end, i % 50 <> 0,
    now() - (i % 3000) * interval '1 day',
    jsonb_build_object('id', jsonb_build_array((100000 + i)::text), 'first', jsonb_build_array(upper(given)),
      'last', jsonb_build_array(upper(surname)), 'department', jsonb_build_array(department),
      'title', jsonb_build_array(title), 'country', jsonb_build_array((array['DE', 'US', 'FR'])[1 + i % 3]),
      'costCenter', jsonb_build_array((i % 300)::text), 'start', jsonb_build_array((date '2000-01-01' + i % 9000)::text)),
    '', now(), now(), now()
  from (${person('$2')}) person`;

const LOAD_DIRECTORY = `
  insert into directory_object (${COLUMNS})
  select $1::uuid, md5('id' || i)::uuid::text, 'user', 'uid=' || account || ',ou=people,dc=example,dc=org',
    md5(account)::uuid, given || ' ' || surname, account, given, surname, account || '@example.org', (100000 + i)::text,
    department, title, case when i % 50 = 0 then 'disabled' else 'active' end, i % 50 <> 0,
    now() - (i % 3000) * interval '1 day',
    jsonb_build_object('objectClass', jsonb_build_array('top', 'person', 'organizationalPerson', 'inetOrgPerson'),
      'uid', jsonb_build_array(account), 'cn', jsonb_build_array(given || ' ' || surname),
      'sn', jsonb_build_array(surname), 'givenName', jsonb_build_array(given),
      'mail', jsonb_build_array(account || '@Example.org'), 'employeeNumber', jsonb_build_array((100000 + i)::text),
      'departmentNumber', jsonb_build_array(department), 'title', jsonb_build_array(title),
      'telephoneNumber', jsonb_build_array('+49 30 ' || (5000000 + i))),
    '', now(), now(), now()
  from (${person('$2')}) person`;

/** Everybody reports to one of the first tenth. */
const LOAD_MANAGERS = `
  insert into object_reference (object_id, kind, connection_id, key, target_id)
  select o.id, 'manager', o.connection_id, m.reference_key, m.id
  from directory_object o
  join directory_object m on m.connection_id = o.connection_id
    and m.account_name = 'u' || lpad((1 + substr(o.account_name, 2)::int % greatest($2::int / 10, 1))::text, 7, '0')
  where o.connection_id = $1`;

/** Loads `people` persons with two accounts each; joined by the real correlation, not refreshed. */
export async function loadPersons(databaseUrl: string, people: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    for (const [id, name] of [
      [HR, 'HR'],
      [DIRECTORY, 'Directory'],
    ]) {
      await pool.query(`insert into connection (id, name, type, config) values ($1, $2, 'csv', '{}')`, [
        id,
        name,
      ]);
      await pool.query('select create_partitions($1)', [id]);
    }
    const config = benchConfig(0);
    await pool.query(
      `insert into identity_profile (id, name, priority, connection_id, identity_attribute_config, has_time_based_attr)
       values ($1, 'Employees', 10, $2, $3, $4)`,
      [PROFILE, HR, config, hasTimeBasedAttribute(config)],
    );
    const names = [GIVEN_NAMES, SURNAMES, DEPARTMENTS, TITLES];
    await pool.query(LOAD_HR, [HR, people, ...names]);
    await pool.query(LOAD_DIRECTORY, [DIRECTORY, people, ...names]);
    await pool.query('analyze directory_object');
    await pool.query(LOAD_MANAGERS, [DIRECTORY, people]);
    await pool.query('vacuum analyze');
    await transaction(pool, (client) => correlate(client, null));
  } finally {
    await pool.end();
  }
}
