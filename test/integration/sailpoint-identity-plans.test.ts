// GET /beta/identities reads by index whatever it is asked, and skips a deep offset without fetching a row.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { IDENTITY_FIELDS } from '../../api/sailpoint/identities.ts';
import { identityEmail, identityId, loadIdentities } from '../../bench/load-identities.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import {
  type CollectionRequest,
  pageStatement,
  readCollection,
  totalStatement,
} from '../../database/queries/filters/read-collection.ts';
import { IDENTITIES } from '../../database/queries/sailpoint/identities.ts';
import { compileStatement, type RawBuilder } from '../../database/sql.ts';
import { checkFilter } from '../../domain/filters/filter-fields.ts';
import { parseFilter } from '../../domain/filters/parse-filter.ts';
import { parseSorters } from '../../domain/filters/sorters.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const PERSONS = 20_000;
const DEEP = 19_000;
const ONLY = 'Index Only Scan';

let database: TestDatabase;
let opened: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openDatabase({ url: database.url });
  await loadIdentities(database.url, PERSONS);
});

afterAll(async () => {
  await opened?.close();
  await database?.drop();
});

const fifty = Array.from({ length: 50 }, (_, n) => `"${identityId(1 + n * 300)}"`).join(',');

function requestOf(filters: string, sorters: string, offset: number): CollectionRequest {
  return {
    filter: filters === '' ? null : checkFilter(parseFilter(filters), IDENTITY_FIELDS),
    sorters: sorters === '' ? [] : parseSorters(sorters, ['name', 'alias', 'cloudStatus']),
    limit: 250,
    offset,
    withTotal: false,
  };
}

async function planOf(statement: RawBuilder<unknown>): Promise<string> {
  const { sql, parameters } = compileStatement(statement);
  const { rows } = await opened.pool.query(`explain ${sql}`, [...parameters]);
  return rows.map((line) => line['QUERY PLAN']).join('\n');
}

it.each([
  // What is asked, and the part of the plan that serves it.
  ['', '', 0, `${ONLY} using person_correlated`],
  ['', '', DEEP, `${ONLY} using person_correlated`],
  ['', 'name', DEEP, `${ONLY} using person_name_correlated`],
  ['', '-name', 0, `${ONLY} Backward using person_name_correlated`],
  ['', 'alias', 0, 'using person_alias'],
  ['', 'cloudStatus', 0, 'using person_status'],
  ['name sw "a"', 'name', 0, `${ONLY} using person_name_correlated`],
  ['name eq "Alice Adler"', '', 0, 'person_name_correlated'],
  ['alias eq "u0000001"', '', 0, 'person_alias'],
  ['firstname eq "nobody"', '', 0, 'person_given_name'],
  ['lastname sw "nobody"', '', 0, 'person_surname'],
  [`email eq "${identityEmail(1)}"`, '', 0, 'using person_email'],
  ['email sw "u00001"', '', 0, 'person_email'],
  ['id in 50', '', 0, `${ONLY} using person_correlated`],
  ['processingState eq "ERROR"', '', 0, 'person_failed'],
])('filters %j, sorters %j, offset %s: %s', async (filters, sorters, offset, expected) => {
  const plan = await planOf(
    pageStatement(
      IDENTITIES.CORRELATED_ONLY,
      requestOf(filters === 'id in 50' ? `id in (${fifty})` : filters, sorters, offset),
    ),
  );
  expect(plan).toContain(expected);
  expect(plan).not.toContain('Seq Scan');
});

const chained = (comparison: (n: number) => string) =>
  Array.from({ length: 50 }, (_, n) => comparison(1 + n * 300)).join(' or ');

it.each([
  // Few of them: nothing that is read in order and thrown away.
  ['50 addresses', chained((n) => `email eq "${identityEmail(n)}"`), 'name', 'using person_email'],
  ['50 beginnings', chained((n) => `email sw "u${String(n).padStart(7, '0')}"`), 'name', 'on person_email'],
  ['protected identities', 'protected eq true', 'name', 'person_protected'],
  ['and others', 'protected eq true and not cloudStatus eq "ACTIVE"', 'name', 'person_protected'],
  ['uncorrelated identities', 'correlated eq false', '', 'person_uncorrelated'],
])('%s', async (_what, filters, sorters, expected) => {
  const request = requestOf(filters, sorters, 0);
  for (const statement of [
    pageStatement(IDENTITIES.NONE, request),
    totalStatement(IDENTITIES.NONE, request),
  ]) {
    const plan = await planOf(statement);
    expect(plan).toContain(expected);
    expect(plan).not.toMatch(/Seq Scan|using person_name/);
  }
});

it.each([
  ['CORRELATED_ONLY', '', 19_600],
  ['NONE', '', 20_000],
  ['CORRELATED_ONLY', 'correlated eq true', 19_600],
  ['NONE', 'correlated eq true', 19_600],
  ['NONE', 'correlated eq false', 400],
] as const)('the total of %s with the filter %j is not counted', async (defaultFilter, filters, total) => {
  const request = { ...requestOf(filters, '', 0), withTotal: true };
  const statement = totalStatement(IDENTITIES[defaultFilter], request);
  expect(await planOf(statement)).not.toMatch(/on person\b/);
  const page = await readCollection(opened.pool, IDENTITIES[defaultFilter], request);
  expect(page.totalCount).toBe(total);
  // Where no row can bring it.
  const nothing = await readCollection(opened.pool, IDENTITIES[defaultFilter], { ...request, limit: 0 });
  expect(nothing).toEqual({ rows: [], totalCount: total });
});

it('counts by index alone what a filter leaves', async () => {
  const request = { ...requestOf('correlated eq true and correlated eq true', '', 0), withTotal: true };
  const plan = await planOf(totalStatement(IDENTITIES.CORRELATED_ONLY, request));
  expect(plan).toContain(`${ONLY} using person_correlated`);
});
