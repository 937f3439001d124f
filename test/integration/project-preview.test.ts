// A project's preview over HTTP: real entries through the mapping, warnings, and nothing stored.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startSilentServer } from '../support/silent-server.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  mkdirSync(api.importDirectory, { recursive: true });
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

async function connect(type: string, config: object): Promise<string> {
  const { body } = await api.post('/api/connections', {
    name: `${type} ${JSON.stringify(config)}`,
    type,
    config,
  });
  return body.data.id;
}

interface Shown {
  objectClass: string;
  fields: Record<string, string | null>;
  attributes: { name: string; values: string[]; valueCount: number }[];
  memberCount: number;
}

const messagesOf = (preview: { warnings: { field: string; message: string }[] }, field: string) =>
  preview.warnings.filter((warning) => warning.field === field).map(({ message }) => message);

describe('POST /api/sync/projects/preview', () => {
  let connectionId: string;

  beforeAll(async () => {
    const people = Array.from(
      { length: 30 },
      (_, n) => `u${n},user,Person ${n},p${n}@example.org,soon,secret-${n},`,
    );
    writeFileSync(
      join(api.importDirectory, 'people.csv'),
      [
        'id,kind,displayName,mail,hired,password,member',
        ...people,
        'g1,group,Staff,,,,u1;u2',
        ',user,Nobody,,,,',
        '',
      ].join('\n'),
    );
    connectionId = await connect('csv', {
      file: 'people.csv',
      keyColumn: 'id',
      classColumn: 'kind',
      multiValueSeparator: ';',
    });
  });

  it('shows ten entries through the mapping, some of each class', async () => {
    const answer = await api.post('/api/sync/projects/preview', {
      connectionId,
      attributeMappings: [{ target: 'accountName', source: ['login', 'id'] }],
    });
    expect(answer.status).toBe(200);
    const { entries, read, rejected, notices } = answer.body.data;
    expect(entries).toHaveLength(10);
    expect(entries[0]).toMatchObject({
      sourceId: 'u0',
      fields: { displayName: 'Person 0', email: 'p0@example.org', accountName: 'u0', department: null },
    });
    expect(entries.filter(({ objectClass }: Shown) => objectClass === 'group')).toMatchObject([
      { fields: { displayName: 'Staff' }, memberCount: 2 },
    ]);
    expect(read).toMatchObject({ user: 30, group: 1 });
    expect(rejected[0]).toMatchObject({ code: 'no_key' });
    expect(answer.text).not.toContain('secret-');
    expect(notices).toContain("The column 'password' of 'people.csv' holds secrets and is not read.");
  });

  it('warns of empty fields, of attributes that never occur, and of values that cannot be read', async () => {
    const { body } = await api.post('/api/sync/projects/preview', {
      connectionId,
      scopes: [{ objectClass: 'user' }],
      attributeMappings: [
        { target: 'title', source: 'jobName' },
        { target: 'sourceCreatedAt', source: 'hired' },
        { target: 'accountName', source: ['login', 'id'] },
      ],
    });
    const preview = body.data;
    expect(messagesOf(preview, 'title')).toEqual([
      "The attribute 'jobName' occurs in none of the 30 entries that were read.",
    ]);
    expect(messagesOf(preview, 'sourceCreatedAt')).toEqual([
      "'sourceCreatedAt' stays empty: no value of 'hired' can be read as its time.",
    ]);
    expect(messagesOf(preview, 'accountName')).toEqual([
      "The attribute 'login' occurs in none of the 30 entries that were read.",
    ]);
    expect(messagesOf(preview, 'department')[0]).toMatch(/^'department' stays empty: none of the 30 entries/);
    expect(messagesOf(preview, 'email')).toEqual([]);
  });

  it('stores nothing and refuses what a project would be refused for', async () => {
    const draft = { connectionId, name: 'never saved', scopes: [{ objectClass: 'user' }] };
    expect((await api.post('/api/sync/projects/preview', draft)).status).toBe(200);
    expect((await api.get('/api/sync/projects')).body.totalCount).toBe(0);
    expect((await api.get(`/api/objects?connectionId=${connectionId}`)).body.totalCount).toBe(0);
    const wrong = await api.post('/api/sync/projects/preview', {
      ...draft,
      attributeMappings: [{ target: 'email', source: 'userPassword' }],
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.details[0].path).toBe('body.attributeMappings.0.source');
    const nowhere = { ...draft, connectionId: '01a00000-0000-7000-8000-000000000000' };
    expect((await api.post('/api/sync/projects/preview', nowhere)).body.details[0].path).toBe(
      'body.connectionId',
    );
  });

  it('says in words that a file is missing, and that a server does not answer', async () => {
    const missing = await connect('csv', { file: 'missing.csv', keyColumn: 'id' });
    const answer = await api.post('/api/sync/projects/preview', { connectionId: missing });
    expect([answer.status, answer.body.message]).toEqual([
      400,
      "There is no file 'missing.csv', neither uploaded nor in the import folder.",
    ]);
    const silent = await startSilentServer();
    try {
      const url = `ldap://${silent.target}`;
      const mute = await connect('ldap', {
        url,
        baseDns: ['dc=x'],
        connectTimeoutMs: 200,
        readTimeoutMs: 200,
      });
      expect((await api.post('/api/sync/projects/preview', { connectionId: mute })).status).toBe(504);
    } finally {
      await silent.close();
    }
  });
});

describeWithSlapd('a preview of a directory', () => {
  it('shows entries and their members, and no password', async () => {
    const slapd = await startSlapd({
      ldif: `dn: uid=ann,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann Archer
sn: Archer
userPassword: never-to-be-shown
manager: uid=bob,dc=example,dc=org

dn: cn=staff,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: uid=ann,dc=example,dc=org
`,
    });
    try {
      const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
      const connectionId = await connect('ldap', { url, bindDn, bindPassword, baseDns: [baseDn] });
      const answer = await api.post('/api/sync/projects/preview', { connectionId });
      expect(answer.status).toBe(200);
      const [user, group] = answer.body.data.entries;
      expect(user.fields).toMatchObject({
        displayName: 'Ann Archer',
        managerId: 'uid=bob,dc=example,dc=org',
      });
      expect(group).toMatchObject({
        objectClass: 'group',
        memberCount: 1,
        fields: { groupType: 'groupOfNames' },
      });
      expect(answer.text).not.toMatch(/never-to-be-shown|userPassword/);
      expect(answer.text).not.toContain(bindPassword);
    } finally {
      await slapd.stop();
    }
  });
});
