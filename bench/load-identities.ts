// Fills a migrated database with identities straight by SQL, as correlation and a refresh would have left them.
import pg from 'pg';
import { DEPARTMENTS, GIVEN_NAMES, SURNAMES, TITLES } from './directory-people.ts';
import { pickFrom } from './load-users.ts';

/** The id of the nth identity, from 1. */
export function identityId(n: number): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Its mail address. */
export function identityEmail(n: number): string {
  return `u${String(n).padStart(7, '0')}@example.org`;
}

const accountOf = (n: string) => `'u' || lpad(${n}::text, 7, '0')`;
const idOf = (n: string) => `('01900000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

// Every fiftieth is not correlated; everybody reports to one of the first tenth.
const LOAD_IDENTITIES = `
  insert into person (
    id, display_name, given_name, surname, email, employee_id, department, title, alias, manager_id, is_manager, status,
    attributes, correlated, protected, processing_state, identity_status, lifecycle_state, last_refresh_at)
  select
    ${idOf('i')}, given || ' ' || surname, given, surname, mail, (100000 + i)::text, department, title, account,
    ${idOf('1 + i % greatest($1 / 10, 1)')}, i <= $1 / 10, case when i % 40 = 0 then 'inactive' else 'active' end,
    jsonb_build_object(
      'uid', account, 'firstname', given, 'lastname', surname, 'displayName', given || ' ' || surname, 'email', mail,
      'department', department, 'title', title, 'employeeNumber', (100000 + i)::text,
      'phone', '+49 30 ' || (5000000 + i), 'company', 'Example Organisation', 'location', 'Berlin',
      'country', 'DE', 'costCenter', 'CC-' || (i % 300), 'startDate', (date '2000-01-01' + i % 9000)::text,
      'preferredLanguage', 'de-DE'),
    i % 50 <> 0, i = 1, case when i % 1000 = 0 then 'ERROR' else 'OK' end,
    case when i % 40 = 0 then 'DISABLED' when i % 7 = 0 then 'ACTIVE' else 'UNREGISTERED' end,
    case when i % 40 = 0 then 'inactive' else 'active' end, now()
  from (
    select i, ${accountOf('i')} as account, ${accountOf('i')} || '@example.org' as mail,
      ${pickFrom('$2', 1)} as given, ${pickFrom('$3', 2)} as surname, ${pickFrom('$4', 3)} as department,
      ${pickFrom('$5', 4)} as title
    from generate_series(1, $1::int) i) person`;

/** Loads `identities` persons with fifteen attributes each. */
export async function loadIdentities(databaseUrl: string, identities: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(LOAD_IDENTITIES, [identities, GIVEN_NAMES, SURNAMES, DEPARTMENTS, TITLES]);
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
