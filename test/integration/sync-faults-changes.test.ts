// The directory changes while it is read: what moved is not taken for gone, and the next run sees all of it.
import { expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { expectNothingHalf, expectWholeState } from '../support/expect-whole-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const BASE = 'dc=example,dc=org';
const EARLY = `ou=early,${BASE}`;
const LATE = `ou=late,${BASE}`;
const GROUPS = `ou=groups,${BASE}`;

const unit = (dn: string) =>
  `dn: ${dn}\nobjectClass: organizationalUnit\nou: ${dn.slice(3, dn.indexOf(','))}\n\n`;
const dnOf = (uid: string, ou: string) => `uid=${uid},${ou}`;
const person = (uid: string, ou: string, change = '') =>
  `dn: ${dnOf(uid, ou)}\n${change}objectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: x\ndescription: ${'d'.repeat(300)}\n\n`;
const group = (cn: string, members: string[], change = '') =>
  `dn: cn=${cn},${GROUPS}\n${change}objectClass: groupOfNames\ncn: ${cn}\n${members.map((dn) => `member: ${dn}\n`).join('')}\n`;
const members = (cn: string, ...changes: string[]) =>
  `dn: cn=${cn},${GROUPS}\nchangetype: modify\n${changes.join('-\n')}\n`;
const move = (dn: string, rdn: string, ou: string) =>
  `dn: ${dn}\nchangetype: modrdn\nnewrdn: ${rdn}\ndeleteoldrdn: 1\nnewsuperior: ${ou}\n\n`;

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const early = names('early', 40);
const late = names('late', 160);

/** Bases are read in this order, so what moves from the last pages of `late` into `early` meanwhile is not met. */
const BASES = [EARLY, LATE, GROUPS];
const LDIF = [
  ...BASES.map(unit),
  ...early.map((uid) => person(uid, EARLY)),
  ...late.map((uid) => person(uid, LATE)),
  group('all', [...early.map((uid) => dnOf(uid, EARLY)), ...late.map((uid) => dnOf(uid, LATE))]),
  group('few', [dnOf('early1', EARLY), dnOf('late158', LATE), dnOf('late159', LATE)]),
  group('gone', [dnOf('early2', EARLY)]),
].join('');

/** Before and behind the page at which the read stands. */
const CHANGES = [
  move(dnOf('late159', LATE), 'uid=late159', EARLY),
  move(dnOf('late158', LATE), 'uid=renamed158', EARLY),
  move(dnOf('early0', EARLY), 'uid=early0', LATE),
  move(dnOf('late1', LATE), 'uid=renamed1', LATE),
  `dn: ${dnOf('early3', EARLY)}\nchangetype: delete\n\n`,
  `dn: ${dnOf('late157', LATE)}\nchangetype: delete\n\n`,
  `dn: cn=gone,${GROUPS}\nchangetype: delete\n\n`,
  person('arrived-early', EARLY, 'changetype: add\n'),
  person('arrived-late', LATE, 'changetype: add\n'),
  group('arrived', [dnOf('arrived-early', EARLY), dnOf('late5', LATE)], 'changetype: add\n'),
  members(
    'few',
    `delete: member\nmember: ${dnOf('late159', LATE)}\nmember: ${dnOf('late158', LATE)}\n`,
    `add: member\nmember: ${dnOf('late159', EARLY)}\nmember: ${dnOf('renamed158', EARLY)}\n`,
  ),
  // One goes and another takes its name.
  `dn: ${dnOf('late156', LATE)}\nchangetype: delete\n\n`,
  person('late156', LATE, 'changetype: add\n'),
].join('');

describeWithSlapd('a directory that changes while it is read', () => {
  it.each([
    ['in a first read', 0],
    ['in a later one', 1],
  ])('%s', async (_which, earlierRuns) => {
    await using stack = new AsyncDisposableStack();
    const slapd = await startSlapd({ ldif: LDIF });
    stack.defer(() => slapd.stop());
    // In the middle of the second base: the schema is 72,000 bytes, the first base 30,000.
    const proxy = await startFailingProxy(slapd.url, { afterBytes: 130_000, by: 'stalling' });
    stack.defer(() => proxy.close());
    const lab = await openSyncLab();
    stack.defer(() => lab.close());
    const { pool } = lab.database;
    const connectionId = await lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: BASES,
      pageSize: 20,
    });
    const projectId = await lab.addProject({ connectionId });
    await lab.startWorker();
    const runThrough = async (runId: string) => {
      const over = await lab.runOver(runId);
      expect(over).toMatchObject({ status: 'completed', error_message: null });
      await expectNothingHalf(pool, connectionId);
      return over;
    };
    for (let index = 0; index < earlierRuns; index++) await runThrough(await lab.trigger(projectId));

    const url = JSON.stringify({ url: proxy.url.replace('http', 'ldap') });
    await run(pool, sql`update connection set config = config || ${url}::jsonb where id = ${connectionId}`);
    const runId = await lab.trigger(projectId);
    await until('the read to be held back', () => proxy.isStalling(), 30_000, 5);
    await slapd.apply(CHANGES);
    proxy.resume();
    await runThrough(runId);
    // Else nothing was changed in the middle: the read met some of it in its old place and some in its new one.
    const held = await claimedNames();
    expect(held).toContain(dnOf('early3', EARLY));
    expect(held).not.toContain(dnOf('late157', LATE));
    expect(held).not.toContain(dnOf('late159', EARLY));

    await runThrough(await lab.trigger(projectId));
    await expectWholeState(pool, connectionId, slapd);
    // Nobody was removed but those who are gone, and nobody came back.
    const [kinds] = await run<{ removed: string[]; reactivated: number }>(
      pool,
      sql`
        select array_agg(o.display_name order by o.display_name) filter (where c.kind = 'removed') as removed,
               count(*) filter (where c.kind = 'reactivated')::int as reactivated
        from object_change c join directory_object o on o.connection_id = c.connection_id and o.id = c.object_id
        where c.connection_id = ${connectionId}`,
    );
    expect(kinds?.reactivated).toBe(0);
    const seenBefore = earlierRuns > 0 ? ['gone', 'late156', 'late157'] : [];
    expect(kinds?.removed).toEqual(['early3', ...seenBefore].sort());

    async function claimedNames(): Promise<string[]> {
      const rows = await run<{ name: string }>(
        pool,
        sql`
          select o.distinguished_name as name from directory_object o
          join object_scope c on c.connection_id = o.connection_id and c.object_id = o.id
          where c.project_id = ${projectId}`,
      );
      return rows.map((row) => row.name);
    }
  });
});
