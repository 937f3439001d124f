// Incremental runs as an account that may not see when entries were changed: never silently nothing.
import { expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { expectWholeState } from '../support/expect-whole-state.ts';
import { READER, READER_PASSWORD, TREE } from '../support/ldap-tree.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab } from '../support/sync-lab.ts';

const person = (uid: string, ou: string) =>
  `dn: uid=${uid},ou=${ou},dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n\n`;
const LDIF = [TREE, ...['a', 'b', 'c'].map((uid) => person(uid, 'people')), person('x', 'empty')].join('');
const retitled = (uid: string, ou: string) =>
  `dn: uid=${uid},ou=${ou},dc=example,dc=org\nchangetype: modify\nreplace: title\ntitle: new\n\n`;

const PASSWORDS = 'access to attrs=userPassword by anonymous auth by * none';
const ALL = `access to * by dn.exact="${READER}" read by anonymous read by * none`;
const times = (level: string, where = '') =>
  `access to ${where}attrs=modifyTimestamp by dn.exact="${READER}" ${level} by * none`;

/** The reader's rights on modifyTimestamp, and what an incremental run makes of them. */
const CASES: [string, string, RegExp | null][] = [
  ['may not see it at all', times('none'), /the bind account needs the right to search by it/],
  ['may compare it alone', times('compare'), /the bind account needs the right to search by it/],
  ['may search by it and not read it', times('search'), null],
];

describeWithSlapd('an incremental run of an account that', () => {
  it.each(CASES)('%s', async (_which, acl, reason) => {
    await using stack = new AsyncDisposableStack();
    const slapd = await startSlapd({ ldif: LDIF, acl: [PASSWORDS, acl, ALL] });
    stack.defer(() => slapd.stop());
    const lab = await openSyncLab();
    stack.defer(() => lab.close());
    const connectionId = await lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: READER,
      bindPassword: READER_PASSWORD,
      baseDns: [slapd.baseDn],
    });
    const projectId = await lab.addProject({ connectionId, deleteThresholdPercent: 60 });
    await lab.startWorker();
    const sync = async (mode: 'full' | 'incremental') => {
      const over = await lab.runOver(await lab.trigger(projectId, { mode }));
      expect(over).toMatchObject({ status: 'completed', error_message: null });
      return over;
    };
    await sync('full');
    await slapd.apply(
      `${retitled('a', 'people')}dn: uid=b,ou=people,dc=example,dc=org\nchangetype: delete\n`,
    );
    const over = await sync('incremental');
    expect(over).toMatchObject({
      read_mode: reason ? 'full' : 'incremental',
      counts: { updated: 1, deactivated: 1 },
    });
    const notices = await run<{ code: string; message: string }>(
      lab.database.pool,
      sql`select code, message from sync_run_error where run_id = ${over.id}`,
    );
    expect(notices).toEqual(reason ? [{ code: 'full_read', message: expect.stringMatching(reason) }] : []);
    await expectWholeState(lab.database.pool, connectionId, slapd);
  });
});
