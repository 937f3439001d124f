// A directory that changes between runs, asked over HTTP about each of the moments it was read at.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Platform, startPlatform } from '../support/platform.ts';

let platform: Platform;
let ids: { connectionId: string; projectId: string };
/** A moment after each run and before the next. */
const moments: string[] = [];

const HEADER = 'id,class,displayName,status,members';
const RUNS = [
  [
    'ann,user,Ann Archer,active,',
    'bob,user,Bob Baker,active,',
    'staff,group,Staff,,ann;admins;stranger',
    'admins,group,Admins,,bob;core',
    'core,group,Core,,staff;ann',
  ],
  [
    'ann,user,Ann Zuse,disabled,',
    'bob,user,Bob Baker,active,',
    'staff,group,All staff,,ann;admins',
    'admins,group,Admins,,core',
    'core,group,Core,,staff',
  ],
  ['ann,user,Ann Zuse,disabled,', 'bob,user,Bob Baker,active,', 'staff,group,All staff,,bob'],
];

beforeAll(async () => {
  platform = await startPlatform();
  mkdirSync(platform.api.importDirectory, { recursive: true });
  const write = (rows: string[]) =>
    writeFileSync(join(platform.api.importDirectory, 'people.csv'), [HEADER, ...rows].join('\n'));
  write(RUNS[0] as string[]);
  ids = await platform.addProject(
    {
      type: 'csv',
      config: { file: 'people.csv', keyColumn: 'id', classColumn: 'class', multiValueSeparator: ';' },
    },
    { deleteThresholdPercent: 100 },
  );
  for (const rows of RUNS) {
    write(rows);
    const over = await platform.sync(ids.projectId);
    expect(over).toMatchObject({ status: 'completed', error: null });
    moments.push(new Date().toISOString());
  }
}, 120_000);

afterAll(async () => {
  await platform?.close();
});

async function idOf(kind: 'users' | 'groups', search: string): Promise<string> {
  const { body } = await platform.api.get(`/api/${kind}?search=${search}&includeRemoved=true`);
  return body.data[0].id;
}

interface Row {
  name: string;
  direct: boolean;
  isActive: boolean | null;
  path: string[];
}

async function members(group: string, query: string): Promise<[string, boolean, boolean | null, number][]> {
  const { body } = await platform.api.get(`/api/groups/${group}/members?${query}`);
  expect(body.totalCount).toBe(body.data.length);
  return body.data.map((row: Row) => [row.name, row.direct, row.isActive, row.path.length]);
}

describe('asOf and transitive', () => {
  it('answer with the members, names and states of each moment', async () => {
    const staff = await idOf('groups', 'staff');
    expect(await members(staff, `asOf=${moments[0]}`)).toEqual([
      ['Admins', true, true, 2],
      ['Ann Archer', true, true, 2],
      ['stranger', true, null, 1],
    ]);
    expect(await members(staff, `asOf=${moments[1]}`)).toEqual([
      ['Admins', true, true, 2],
      ['Ann Zuse', true, false, 2],
    ]);
    expect(await members(staff, `asOf=${moments[2]}`)).toEqual([['Bob Baker', true, true, 2]]);
    expect(await members(staff, '')).toEqual([['Bob Baker', true, true, 2]]);
  });

  it('follow a cycle once, with the shortest path of each member', async () => {
    const staff = await idOf('groups', 'staff');
    expect(await members(staff, `transitive=true&asOf=${moments[0]}`)).toEqual([
      ['Admins', true, true, 2],
      ['Ann Archer', true, true, 2],
      ['Bob Baker', false, true, 3],
      ['Core', false, true, 3],
      ['Staff', false, true, 4],
      ['stranger', true, null, 1],
    ]);
    expect(await members(staff, 'transitive=true')).toEqual([['Bob Baker', true, true, 2]]);
  });

  it('lead from a user to its groups, with paths, counts and names of then', async () => {
    const [ann, bob, staff, admins, core] = await Promise.all([
      idOf('users', 'ann'),
      idOf('users', 'bob'),
      idOf('groups', 'staff'),
      idOf('groups', 'admins'),
      idOf('groups', 'core'),
    ]);
    const groups = async (user: string, query: string) => {
      const { body } = await platform.api.get(`/api/users/${user}/groups?${query}`);
      expect(body.totalCount).toBe(body.data.length);
      return body.data.map((row: Row & { memberCount: number }) => [
        row.name,
        row.memberCount,
        row.direct,
        row.path,
      ]);
    };
    expect(await groups(bob, `transitive=true&asOf=${moments[0]}`)).toEqual([
      ['Admins', 2, true, [bob, admins]],
      ['Core', 2, false, [bob, admins, staff, core]],
      ['Staff', 3, false, [bob, admins, staff]],
    ]);
    const [largest] = await groups(bob, `transitive=true&asOf=${moments[0]}&sort=-memberCount`);
    expect(largest.slice(0, 2)).toEqual(['Staff', 3]);
    expect(await groups(ann, `asOf=${moments[1]}`)).toEqual([['All staff', 2, true, [ann, staff]]]);
    expect(await groups(ann, `transitive=true&asOf=${moments[2]}`)).toEqual([]);
    expect(await groups(bob, 'transitive=true')).toEqual([['All staff', 1, true, [bob, staff]]]);
  });

  it('stream as CSV and page by cursor', async () => {
    const staff = await idOf('groups', 'staff');
    const path = `/api/groups/${staff}/members?transitive=true&asOf=${moments[0]}`;
    const csv = await platform.api.get(`${path}&format=csv`);
    expect(csv.text.split('\r\n')).toHaveLength(8);
    const first = await platform.api.get(`${path}&pageSize=4`);
    const next = await platform.api.get(/<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '');
    expect(next.body.data.map((row: Row) => row.name)).toEqual(['Staff', 'stranger']);
    expect(next.body.totalCount).toBe(6);
    const beyond = await platform.api.get(`${path}&page=9`);
    expect(beyond.body).toMatchObject({ data: [], totalCount: 6 });
  });

  it('answer 409 for a moment before the first completed run and 400 for one to come', async () => {
    const staff = await idOf('groups', 'staff');
    const before = await platform.api.get(`/api/groups/${staff}/members?asOf=2020-01-01`);
    expect(before.status).toBe(409);
    expect(before.body.message).toMatch(
      /Nothing is known of 2020-01-01T00:00:00.000Z: the first completed run/,
    );
    const later = await platform.api.get(`/api/groups/${staff}/members?asOf=2999-01-01`);
    expect(later.body.details).toEqual([
      { path: 'query.asOf', message: 'must not lie in the future; leave it out to ask about now' },
    ]);
  });
});

describe('changes', () => {
  it('are filtered by kind and time', async () => {
    const staff = await idOf('groups', 'staff');
    const admins = await idOf('groups', 'admins');
    const kinds = async (id: string, query: string) => {
      const { body } = await platform.api.get(`/api/objects/${id}/changes?${query}`);
      expect(body.totalCount).toBe(body.data.length);
      return body.data.map((row: { kind: string }) => row.kind);
    };
    expect(await kinds(staff, '')).toEqual(['updated', 'created']);
    expect(await kinds(staff, 'kind=created')).toEqual(['created']);
    expect(await kinds(admins, `since=${moments[0]}`)).toEqual(['removed']);
    expect(await kinds(admins, `until=${moments[0]}`)).toEqual(['created']);
    expect(await kinds(admins, `since=${moments[0]}&until=${moments[1]}`)).toEqual([]);
  });
});
