// What PostgreSQL works out of an object's versions: what differs between two, and what the first one was.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import type { Attributes } from '../../domain/source-entry.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function differing(one: Attributes, other: Attributes): Promise<Attributes | null> {
  const { rows } = await client.query('select attributes_differing($1::jsonb, $2::jsonb) as found', [
    JSON.stringify(one),
    JSON.stringify(other),
  ]);
  return rows[0].found;
}

// PostgreSQL's jsonb holds no NUL and no lone surrogate; connectors hand over neither.
const text = fc.string({ unit: 'grapheme', maxLength: 5 }).filter((value) => !value.includes('\0'));
const values = fc.oneof(
  fc.array(text, { minLength: 1, maxLength: 4 }),
  fc.record({ binary: fc.array(fc.base64String({ maxLength: 8 }), { minLength: 1, maxLength: 4 }) }),
);
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(fc.constantFrom('a', 'b', 'c'), values, {
  noNullPrototype: true,
});

const listOf = (given: Attributes[string]) => (Array.isArray(given) ? given : given.binary);
const sameValues = (one: Attributes[string], other: Attributes[string] | undefined) =>
  other !== undefined &&
  Array.isArray(one) === Array.isArray(other) &&
  [...listOf(one)].sort().join('\0') === [...listOf(other)].sort().join('\0');

/** Stores an object with all its versions as the sync does: the last one, and what changed from each to the next. */
async function store(versions: Attributes[]): Promise<{ connection: string; object: string }> {
  const [connection, object] = [randomUUID(), randomUUID()];
  await client.query('select create_partitions($1)', [connection]);
  await client.query(
    `insert into directory_object (id, connection_id, source_id, object_class, reference_key, display_name, status,
       is_active, attributes, digest, first_seen_at, last_seen_at, updated_at)
     values ($1, $2, '1', 'user', $1, 'x', 'active', true, $3, '', now(), now(), now())`,
    [object, connection, JSON.stringify(versions.at(-1))],
  );
  const insert = `insert into object_change (connection_id, object_id, at, kind, before, after)
    select $1, $2, now(), $3, attributes_differing($4, $5), attributes_differing($5, $4)`;
  await client.query(
    "insert into object_change (connection_id, object_id, at, kind) values ($1, $2, now(), 'created')",
    [connection, object],
  );
  for (let index = 1; index < versions.length; index++) {
    const kind = index % 3 === 0 ? 'reactivated' : 'updated';
    const pair = [JSON.stringify(versions[index - 1]), JSON.stringify(versions[index])];
    await client.query(insert, [connection, object, kind, ...pair]);
  }
  return { connection, object };
}

describe('first_version', () => {
  it('undoes every change since', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(attributes, { minLength: 1, maxLength: 5 }), async (versions) => {
        const { connection, object } = await store(versions);
        const { rows } = await client.query('select first_version($1, $2) as first', [connection, object]);
        const [first = {}] = versions;
        expect(Object.keys(rows[0].first).sort()).toEqual(Object.keys(first).sort());
        for (const [name, given] of Object.entries(first))
          expect(sameValues(given, rows[0].first[name])).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe('combined_change', () => {
  it('says of two changes what one would', async () => {
    const change = (one: string, other: string) =>
      `attributes_differing($${one}::jsonb, $${other}::jsonb), attributes_differing($${other}::jsonb, $${one}::jsonb)`;
    await fc.assert(
      fc.asyncProperty(attributes, attributes, attributes, async (first, second, third) => {
        const { rows } = await client.query(
          `select c.before, c.after, attributes_differing($1::jsonb, $3::jsonb) as "wantedBefore",
             attributes_differing($3::jsonb, $1::jsonb) as "wantedAfter"
           from combined_change(${change('1', '2')}, ${change('2', '3')}) c`,
          [first, second, third].map((version) => JSON.stringify(version)),
        );
        const [{ before, after, wantedBefore, wantedAfter }] = rows;
        expect({ before, after }).toEqual({ before: wantedBefore, after: wantedAfter });
      }),
      { numRuns: 300 },
    );
  });
});

describe('attributes_differing', () => {
  it('names what the other lacks or holds otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(attributes, attributes, async (one, other) => {
        const expected = Object.fromEntries(
          Object.entries(one).filter(([name, given]) => !sameValues(given, other[name])),
        );
        expect((await differing(one, other)) ?? {}).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('sees no order', async () => {
    await fc.assert(
      fc.asyncProperty(attributes, async (one) => {
        const turned = Object.fromEntries(
          Object.entries(one).map(([name, given]) => [
            name,
            Array.isArray(given) ? [...given].reverse() : { binary: [...given.binary].reverse() },
          ]),
        );
        expect(await differing(one, turned)).toBeNull();
      }),
      { numRuns: 100 },
    );
  });
});
