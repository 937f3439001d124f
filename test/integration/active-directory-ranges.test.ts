// Groups whose members come in portions: what changes or vanishes between two of them.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readEntry } from '../../connectors/active-directory/domain-controller.ts';
import { guidText } from '../../connectors/active-directory/identifiers.ts';
import {
  allMembers,
  type MemberPortion,
  portionOf,
} from '../../connectors/active-directory/member-ranges.ts';
import { ldapConfigSchema } from '../../connectors/ldap/config.ts';
import { openSession } from '../../connectors/ldap/open-session.ts';
import type { LdapSession } from '../../connectors/ldap/session.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import { DOMAIN, HUGE_MEMBERS, personDn, READER } from '../support/samba-seed.ts';

const HUGE = `CN=Huge,OU=Groups,${DOMAIN}`;
const TIMEOUT_MS = 10_000;

describeWithSamba('members in portions', () => {
  const source = directorySource();
  let session: LdapSession;
  beforeAll(async () => {
    const config = ldapConfigSchema.parse({ url: source.server.url, ...READER });
    session = await openSession(config, { allowLinkLocal: false }, source.signal);
  });
  afterAll(() => session?.close());

  async function firstPortion(): Promise<{ guid: string; first: MemberPortion }> {
    const attributes = ['objectGUID', 'uSNChanged', 'member;range=0-1499'];
    const entry = await readEntry(session, HUGE, attributes, TIMEOUT_MS);
    if (entry === null) throw new Error('there is no such group');
    return {
      guid: String(guidText(entry.get('objectguid')?.[0] ?? Buffer.alloc(0))),
      first: portionOf(entry) as MemberPortion,
    };
  }

  it('are put together', async () => {
    const { guid, first } = await firstPortion();
    expect([first.members.length, first.last]).toEqual([1_500, false]);
    expect(new Set(await allMembers(session, guid, first, TIMEOUT_MS)).size).toBe(HUGE_MEMBERS);
  });

  it('are read anew when the group changes in between', async () => {
    const { guid, first } = await firstPortion();
    await source.server.apply(`dn: ${HUGE}\nchangetype: modify\nadd: member\nmember: ${personDn(1)}\n`);
    const members = await allMembers(session, guid, first, TIMEOUT_MS);
    expect(members).toContain(personDn(1));
    expect(new Set(members).size).toBe(HUGE_MEMBERS + 1);
  });

  it('are read anew when a member is deleted in between, which leaves the change number alone', async () => {
    const { guid, first } = await firstPortion();
    const gone = String(first.members[10]);
    await source.server.apply(`dn: ${gone}\nchangetype: delete\n`);
    expect((await firstPortion()).first.usn).toBe(first.usn);
    const members = await allMembers(session, guid, first, TIMEOUT_MS);
    expect(members).not.toContain(gone);
    expect(new Set(members).size).toBe(HUGE_MEMBERS);
  });

  it('fail the read when the group goes away, to be tried again', async () => {
    const { guid, first } = await firstPortion();
    await source.server.apply(`dn: ${HUGE}\nchangetype: delete\n`);
    await expect(allMembers(session, guid, first, TIMEOUT_MS)).rejects.toMatchObject({
      code: 'source_busy',
      retryable: true,
    });
  });
});
