// What finds a person, and every order that the list of persons has.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PERSON_SORTS } from '../../contracts/persons.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertPerson } from '../support/person-rows.ts';

type Sort = (typeof PERSON_SORTS)[number];

let database: TestDatabase;
let api: TestApi;

/** Of four persons, one a digit, in ascending order; of each field another one, so that no two are taken for each other. */
const ORDERS: Record<Sort, string> = {
  displayName: '0123',
  givenName: '1032',
  surname: '2031',
  email: '3012',
  employeeId: '0213',
  department: '1230',
  title: '2103',
  status: '3120',
  createdAt: '0321',
  updatedAt: '1302',
};
const OBLIGATORY: Sort[] = ['displayName', 'status', 'createdAt', 'updatedAt'];
const WORDS = ['alpha', 'Beta', 'gamma', 'Omega'];
const STATUSES = ['active', 'active', 'inactive', 'terminated'];

function valueAt(sort: Sort, place: number): string | undefined {
  if (sort === 'status') return STATUSES[place];
  if (sort.endsWith('At')) return `202${place}-05-06T07:08:09.000Z`;
  return WORDS[place];
}

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  const { pool } = api.database;
  const column = (sort: Sort) => sort.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`);
  const insert = (sorts: readonly Sort[], place: (sort: Sort) => number, more = {}) => {
    const columns = sorts.map((sort) => [column(sort), valueAt(sort, place(sort))]);
    return insertPerson(pool, { ...Object.fromEntries(columns), ...more });
  };
  for (const person of '0123') await insert(PERSON_SORTS, (sort) => ORDERS[sort].indexOf(person));
  // Has nothing but what each has, and of that the last.
  await insert(OBLIGATORY, () => 3);
  // Gone, and nowhere in the list.
  await insert(PERSON_SORTS, () => 0, { dissolved_at: new Date() });
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

/** All rows of a list that is read two a page. */
async function rowsOf(query: string): Promise<Record<Sort, string | null>[]> {
  const rows: Record<Sort, string | null>[] = [];
  let path: string | undefined = `/api/persons?pageSize=2&${query}`;
  while (path) {
    const answer = await api.get(path);
    expect(answer.status).toBe(200);
    rows.push(...answer.body.data);
    path = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  return rows;
}

it.each(PERSON_SORTS)('sorts by %s, and backwards, those who have none last', async (sort) => {
  const ascending = [0, 1, 2, 3].map((place) => valueAt(sort, place));
  const last = OBLIGATORY.includes(sort) ? valueAt(sort, 3) : null;
  const nobody = last === null ? [null] : [];
  if (last !== null) ascending.push(last);
  const valuesOf = async (query: string) => (await rowsOf(query)).map((row) => row[sort]);
  expect(await valuesOf(`sort=${sort}`)).toEqual([...ascending, ...nobody]);
  expect(await valuesOf(`sort=-${sort}`)).toEqual([...ascending.toReversed(), ...nobody]);
});

it.each([
  ['the account name', { alias: 'Jörg.Käfer' }, ['jörg.kä', 'KÄFER']],
  ['the employee id', { employee_id: 'E-4711-x' }, ['4711', 'e-47', 'E-4711-X']],
])('finds by %s', async (_what, columns, terms) => {
  const id = await insertPerson(api.database.pool, { display_name: 'Somebody', ...columns });
  for (const term of terms) {
    const { body } = await api.get(`/api/persons?search=${encodeURIComponent(term)}`);
    expect([term, body.totalCount, body.data.map((row: { id: string }) => row.id)]).toEqual([term, 1, [id]]);
  }
});
