// The comparison of two versions' attributes, which PostgreSQL does: what differs, whatever the order of values.
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
