// Searches for names by index find what a comparison of every entry finds, and nothing else.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { loadUsers } from '../../bench/load-users.ts';
import { compileList } from '../../database/queries/list-rows.ts';
import { usersStatement } from '../../database/queries/list-users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection, insertUser } from '../support/factories.ts';

const USERS = 3_000;
/** Names that have the pieces of others, and what the index takes a space or dot for. */
const AWKWARD = [
  { display_name: 'Emil Fuschar', email: 'emil.fuschar.17@example.org', account_name: 'e.fuschar' },
  { display_name: 'danielqfischerq1', email: 'a.qua@example.org', account_name: 'aqua' },
  { display_name: 'Daniel  Fischer', email: null, account_name: 'daniel_fischer' },
  { display_name: 'Dániel Fischér', email: 'd%niel.fischer@example.org', account_name: 'q.q' },
  { display_name: '.Fischer Sched', email: 'l.fxschxr.1@example.org', account_name: ' q' },
];

let database: TestDatabase;
let client: pg.Client;
let texts: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  await loadUsers(database.url, USERS);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const connectionId = await insertConnection(client as never);
  for (const columns of AWKWARD) await insertUser(client as never, connectionId, columns);
  // A table of this size is read faster as a whole.
  await client.query('set enable_seqscan = off');
  const { rows } = await client.query(`select search_text from directory_object where object_class = 'user'`);
  texts = rows.map(({ search_text }) => search_text);
}, 120_000);

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

const REQUEST = { sort: 'displayName', descending: false, sortGiven: false, limit: 50, offset: 0 } as const;

const statementOf = (search: string) =>
  compileList(usersStatement({ search }, { ...REQUEST, after: null, withTotal: true }));

async function found(search: string): Promise<number> {
  const { sql, parameters } = statementOf(search);
  const { rows } = await client.query(sql, [...parameters]);
  return Number(rows[0]?.total_count ?? 0);
}

/** One or two letters are beginnings of fields, more are found anywhere. */
function expected(term: string): number {
  const folded = term.toLowerCase();
  return texts.filter((text) =>
    term.length <= 2 ? `\n${text}`.includes(`\n${folded}`) : text.includes(folded),
  ).length;
}

it.each([
  'daniel.fischer.1',
  'Daniel Fischer',
  'daniel  fischer',
  'DANIELQFISCHERQ1',
  'a.qua',
  'aqua',
  'q.',
  '.f',
  ' q',
  'q',
  'da',
  'fischer',
  'fischer.1',
  'd%niel.fischer@',
  'daniel_fischer',
  'l.f%sch%r.1',
  'nobody at all',
])('%j', async (term) => {
  expect([term, await found(term)]).toEqual([term, expected(term)]);
});

it('is right for any part of any entry, and for such parts with a letter changed', async () => {
  const term = fc
    .record({
      text: fc.constantFrom(...texts.slice(-200)),
      start: fc.nat(60),
      length: fc.integer({ min: 1, max: 25 }),
      changed: fc.option(fc.record({ at: fc.nat(24), by: fc.constantFrom('q', '.', ' ', '%', 'e', '1') })),
    })
    .map(({ text, start, length, changed }) => {
      const part = [...text.slice(start % text.length, (start % text.length) + length)];
      if (changed && changed.at < part.length) part[changed.at] = changed.by;
      return part.join('');
    })
    // Terms of two characters beyond ASCII are found anywhere; fields end where a line does.
    .filter((text) => text !== '' && /^[ -~]+$/.test(text));
  await fc.assert(
    fc.asyncProperty(term, async (text) => {
      expect([text, await found(text)]).toEqual([text, expected(text)]);
    }),
    { numRuns: 300 },
  );
});

it.each(['daniel.fischer.1', 'fischer', 'u00012', 'da', 'd'])('reads %j by index', async (term) => {
  const { sql, parameters } = statementOf(term);
  const { rows } = await client.query(`explain ${sql}`, [...parameters]);
  const plan = rows.map((line) => line['QUERY PLAN']).join('\n');
  expect(plan).toMatch(
    /Bitmap Index Scan on directory_object_\w+\s.*\n\s+Index Cond: \(translate\(search_text/,
  );
});
