// Memberships at a moment, against a model in memory: random graphs with cycles, random ranges, random renamings.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../database/database.ts';
import { listGroupMembers, listGroupsOf } from '../../database/queries/list-memberships.ts';
import type { ListRequest, ListResult, Position } from '../../database/queries/list-rows.ts';
import type { MembershipQuestion } from '../../database/queries/membership-graph.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertChange, insertConnection, insertGroup, insertUser } from '../support/factories.ts';

const OBJECTS = 7;
/** The first ones are groups, the others users; a member beyond them is a name that nobody answers to. */
const GROUPS = 5;
const NOW = 100;

/** A membership in the half-open range [from, to). */
interface Edge {
  group: number;
  member: number;
  from: number;
  to: number;
}

/** Object → when it was renamed. */
type Renamings = { object: number; at: number }[];

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase({ url: testDatabase.url });
});

afterAll(async () => {
  await database?.close();
  await testDatabase?.drop();
});

const moment = (time: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, time));
const until = (to: number) => (to > NOW ? null : moment(to));

const edges = fc.uniqueArray(
  fc
    .record({
      group: fc.nat(GROUPS - 1),
      member: fc.nat(OBJECTS + 1),
      from: fc.nat(9),
      length: fc.integer({ min: 1, max: 6 }),
      open: fc.boolean(),
    })
    .map(({ group, member, from, length, open }) => ({
      group,
      member,
      from,
      to: open ? NOW + 1 : from + length,
    })),
  // A membership is open once; past ranges of it may be many.
  { selector: ({ group, member, to }) => `${group} ${member} ${to > NOW ? '' : to}`, maxLength: 24 },
);
const renamings: fc.Arbitrary<Renamings> = fc.uniqueArray(
  fc.record({ object: fc.nat(OBJECTS - 1), at: fc.nat(14) }),
  { selector: ({ object, at }) => `${object} ${at}`, maxLength: 8 },
);

interface Stored {
  connectionId: string;
  ids: string[];
}

async function store(graph: Edge[], renamed: Renamings): Promise<Stored> {
  const { pool } = database;
  const connectionId = await insertConnection(pool);
  const ids: string[] = [];
  for (let index = 0; index < OBJECTS; index++)
    ids.push(
      await (index < GROUPS ? insertGroup : insertUser)(pool, connectionId, {
        display_name: nameAt(index, NOW, renamed),
      }),
    );
  for (const { object, at } of renamed) {
    const id = await insertChange(pool, {
      connectionId,
      objectId: ids[object] as string,
      at: moment(at),
      kind: 'updated',
    });
    await pool.query('update object_change set name_before = $2, active_before = true where id = $1', [
      id,
      nameAt(object, at - 1, renamed),
    ]);
  }
  const keys = Array.from({ length: OBJECTS + 2 }, () => randomUUID());
  for (const { group, member, from, to } of graph)
    await pool.query(
      `insert into membership (group_id, member_key, member_id, connection_id, reference, valid_from, valid_to)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [ids[group], keys[member], ids[member] ?? null, connectionId, `n${member}`, moment(from), until(to)],
    );
  return { connectionId, ids };
}

/** Its name carries the time of its last renaming at or before `time`; in reverse, so that orders change with names. */
function nameAt(object: number, time: number, renamed: Renamings): string {
  const times = renamed.filter((each) => each.object === object && each.at <= time).map(({ at }) => at);
  return `${50 - Math.max(-1, ...times)} of ${object}`;
}

interface Expected {
  name: string;
  direct: boolean;
  distance: number;
}

/** What `start` leads to over `next`, by as few steps as possible, one step at least. */
function reach(start: number, next: (from: number) => number[], transitive: boolean): Map<number, number> {
  const found = new Map<number, number>();
  let frontier = [start];
  for (let distance = 1; frontier.length > 0 && (transitive || distance === 1); distance++) {
    const arrived = new Set(frontier.flatMap(next).filter((each) => !found.has(each)));
    for (const each of arrived) found.set(each, distance);
    frontier = [...arrived];
  }
  return found;
}

async function allPages<Row>(
  read: (request: ListRequest<'name'>) => Promise<ListResult<Row>>,
  descending: boolean,
): Promise<{ rows: Row[]; totals: Set<number> }> {
  const rows: Row[] = [];
  const totals = new Set<number>();
  let after: Position | null = null;
  do {
    const page: ListResult<Row> = await read({
      sort: 'name',
      descending,
      sortGiven: true,
      limit: 3,
      offset: 0,
      after,
      withTotal: true,
    });
    rows.push(...page.rows);
    totals.add(page.totalCount);
    after = page.next;
  } while (after);
  return { rows, totals };
}

const question = fc.record({ transitive: fc.boolean(), at: fc.option(fc.nat(16)), descending: fc.boolean() });

interface Row {
  id: string | null;
  name: string;
  direct: boolean;
  path: string[];
}

/** That each expected row is there once with its name, a path of existing memberships as short as can be, and in order. */
function check(
  found: { rows: Row[]; totals: Set<number> },
  expected: Map<string, Expected>,
  isStep: (from: string, to: string) => boolean,
  descending: boolean,
): void {
  expect([...found.totals]).toEqual([expected.size]);
  expect(found.rows.map((row) => row.id ?? row.name).sort()).toEqual([...expected.keys()].sort());
  for (const row of found.rows) {
    const { name, direct, distance } = expected.get(row.id ?? row.name) as Expected;
    expect(row).toMatchObject({ name, direct });
    expect(row.path).toHaveLength(row.id ? distance + 1 : distance);
    row.path.slice(1).forEach((to, index) => {
      expect(isStep(row.path[index] as string, to)).toBe(true);
    });
  }
  const names = found.rows.map((row) => row.name);
  const sorted = names.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  expect(names).toEqual(descending ? sorted.reverse() : sorted);
}

describe('memberships at a moment', () => {
  it('are those of a naive walk, from groups down and from objects up', async () => {
    await fc.assert(
      fc.asyncProperty(
        edges,
        renamings,
        fc.array(question, { minLength: 3, maxLength: 3 }),
        async (graph, renamed, questions) => {
          const { connectionId, ids } = await store(graph, renamed);
          for (const { transitive, at, descending } of questions) {
            const time = at ?? NOW;
            const held = graph.filter(({ from, to }) => from <= time && time < to);
            const asked: MembershipQuestion = {
              connectionId,
              transitive,
              asOf: at === null ? null : moment(at),
            };
            const expected = (reached: Map<number, number>) =>
              new Map<string, Expected>(
                [...reached].map(([each, distance]) => [
                  ids[each] ?? `n${each}`,
                  {
                    name: each < OBJECTS ? nameAt(each, time, renamed) : `n${each}`,
                    direct: distance === 1,
                    distance,
                  },
                ]),
              );
            const isStep = (member: string, group: string) =>
              held.some((edge) => ids[edge.member] === member && ids[edge.group] === group);
            for (const start of [0, 1]) {
              const below = reach(
                start,
                (group) => held.filter((edge) => edge.group === group).map(({ member }) => member),
                transitive,
              );
              const members = await allPages(
                (request) => listGroupMembers(database.pool, ids[start] as string, asked, request),
                descending,
              );
              check(members, expected(below), isStep, descending);
            }
            const above = reach(
              OBJECTS - 1,
              (member) => held.filter((edge) => edge.member === member).map(({ group }) => group),
              transitive,
            );
            const groups = await allPages(
              (request) => listGroupsOf(database.pool, ids[OBJECTS - 1] as string, asked, request),
              descending,
            );
            check(groups, expected(above), isStep, descending);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
