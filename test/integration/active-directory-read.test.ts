// Reads a real domain (Samba AD DC) and compares everything with what OpenLDAP's own client sees.
import { describe, expect, it } from '@jest/globals';
import { compileMapping } from '../../domain/attribute-mapping.ts';
import type { AttributeValues, SourceEntry } from '../../domain/source-entry.ts';
import { searchSamba } from '../support/ldapsearch.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import {
  ADMINISTRATOR,
  DOMAIN,
  GROUP_TYPES,
  groupDn,
  HUGE_MEMBERS,
  personDn,
  READER,
} from '../support/samba-seed.ts';

const EVERYTHING =
  '(|(&(objectCategory=person)(objectClass=user))(objectClass=group)(objectClass=computer)(objectClass=contact)(objectClass=organizationalUnit))';
/** These change while the tests sign in. */
const SIGN_INS = new Set(['lastLogon', 'lastLogonTimestamp', 'logonCount', 'uSNChanged', 'whenChanged']);
/** The connector writes these as text. */
const IDS = new Set(['objectGUID', 'objectSid']);

function base64(values: AttributeValues): string[] {
  const encoded = Array.isArray(values)
    ? values.map((value) => Buffer.from(value).toString('base64'))
    : [...values.binary];
  return encoded.sort();
}

/** Attribute → values in base64, without what is compared in other ways. */
function attributesOf(entry: SourceEntry): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries({ ...entry.attributes, ...entry.sideAttributes })
      .filter(([name]) => !SIGN_INS.has(name) && !IDS.has(name))
      .map(([name, values]) => [name, base64(values)]),
  );
}

describeWithSamba('reading Active Directory', () => {
  const source = directorySource();
  const byDn = async (config = {}) =>
    new Map(
      (await source.readAll(source.open(config))).entries.map((entry) => [entry.distinguishedName, entry]),
    );
  const entryOf = (entries: Map<string | null, SourceEntry>, dn: string): SourceEntry => {
    const found = entries.get(dn);
    if (found === undefined) throw new Error(`'${dn}' was not read`);
    return found;
  };

  describe.each([
    ['an ordinary account', READER],
    ['the administrator', ADMINISTRATOR],
  ])('as %s', (_name, account) => {
    it('brings every object with all attributes and members that ldapsearch sees', async () => {
      const expected = await searchSamba(source.server, EVERYTHING, ['*'], account);
      const { entries, rejected, notices } = await source.readAll(source.open(account));
      expect({ rejected, notices }).toEqual({ rejected: [], notices: [] });
      expect(new Set(entries.map(({ sourceId }) => sourceId)).size).toBe(entries.length);
      const read = new Map(entries.map((entry) => [entry.distinguishedName, entry]));
      expect([...read.keys()].sort()).toEqual(expected.map(({ dn }) => dn).sort());
      const differing = expected.flatMap(({ dn, attributes }) => {
        const entry = entryOf(read, dn);
        const wanted = Object.fromEntries(
          [...attributes]
            .filter(([name]) => !SIGN_INS.has(name) && !IDS.has(name) && name !== 'member')
            .map(([name, values]) => [name, values.map((value) => value.toString('base64')).sort()]),
        );
        const members = (attributes.get('member') ?? []).map(String).sort();
        const listed = entry.memberValues.filter((value) => !value.startsWith('<GUID=')).sort();
        const got = { attributes: attributesOf(entry), members: listed };
        const sorted = (object: Record<string, string[]>) => Object.entries(object).sort();
        const same =
          JSON.stringify(sorted(wanted)) === JSON.stringify(sorted(got.attributes)) &&
          JSON.stringify(members) === JSON.stringify(listed);
        return same ? [] : [{ dn, wanted, members: members.length, got, listed: listed.length }];
      });
      expect(differing.slice(0, 2)).toEqual([]);
    });

    it('makes everybody a member of the primary group', async () => {
      const accounts = await searchSamba(
        source.server,
        '(primaryGroupID=*)',
        ['primaryGroupID', 'sAMAccountName'],
        account,
      );
      const { entries } = await source.readAll(source.open(account));
      const nameOf = new Map(
        entries.map((entry) => [entry.alternateKey, String(entry.attributes.sAMAccountName)]),
      );
      const connector = source.open(account);
      const read = entries
        .filter(({ objectClass }) => objectClass === 'group')
        .flatMap((group) => {
          const rid = String(group.attributes.objectSid).split('-').at(-1);
          return group.memberValues
            .filter((value) => value.startsWith('<GUID='))
            .map((value) => `${nameOf.get(connector.referenceKey(value, 'member'))} ${rid}`);
        });
      const wanted = accounts.map(({ attributes }) =>
        ['sAMAccountName', 'primaryGroupID'].map((name) => String(attributes.get(name)?.[0])).join(' '),
      );
      expect(wanted.length).toBeGreaterThan(60);
      expect(read.sort()).toEqual(wanted.sort());
    });
  });

  it('writes ids as people know them', async () => {
    const [entry] = await searchSamba(source.server, '(sAMAccountName=person1)', ['objectGUID', 'objectSid']);
    const { sourceId, attributes } = entryOf(await byDn(), personDn(1));
    expect(sourceId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const [found] = await searchSamba(source.server, `(objectGUID=${sourceId})`, ['1.1']);
    expect(found?.dn).toBe(entry?.dn);
    const [bySid] = await searchSamba(source.server, `(objectSid=${attributes.objectSid})`, ['1.1']);
    expect(bySid?.dn).toBe(entry?.dn);
    expect(attributes.objectGUID).toEqual([sourceId]);
  });

  it('fills the fields of accounts', async () => {
    const entries = await byDn();
    const map = compileMapping([]);
    const person = (number: number) => map(entryOf(entries, personDn(number)));
    expect(person(0)).toMatchObject({
      accountName: 'person0',
      userPrincipalName: 'person0@example.test',
      email: 'person0@example.test',
      status: 'active',
    });
    expect(person(1).status).toBe('disabled');
    expect(person(2).status).toBe('active');
    expect(entryOf(entries, personDn(2)).attributes.userAccountControl).toEqual(['66048']);
    expect([person(3).accountExpiresAt, person(4).accountExpiresAt]).toEqual([undefined, undefined]);
    expect(person(5).accountExpiresAt).toBe('2025-08-18T14:13:20.000Z');
    expect(person(6).managerId).toBe(personDn(0));
    expect(person(7).displayName).toBe('Жанна 田中 \u{1f600}');
    const reader = map(entryOf(entries, `CN=Reader,CN=Users,${DOMAIN}`));
    expect(Date.parse(reader.passwordLastSetAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
    expect(Date.parse(reader.lastLogonAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
    expect(Date.parse(reader.sourceCreatedAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
  });

  it('names kind and scope of groups, keeps nesting and cycles, and reads very large ones', async () => {
    const entries = await byDn();
    const map = compileMapping([]);
    for (const [number, [, type]] of Object.entries(GROUP_TYPES))
      expect(map(entryOf(entries, groupDn(Number(number)))).groupType).toBe(type);
    for (const [outer, inner] of [
      [6, 7],
      [7, 8],
      [8, 6],
    ] as const)
      expect(entryOf(entries, groupDn(outer)).memberValues).toContain(groupDn(inner));
    expect(entryOf(entries, groupDn(9))).toMatchObject({ memberAttribute: 'member', memberValues: [] });
    const huge = entryOf(entries, `CN=Huge,OU=Groups,${DOMAIN}`).memberValues;
    expect(new Set(huge).size).toBe(HUGE_MEMBERS);
    expect(huge).toHaveLength(HUGE_MEMBERS);
  });

  it('never asks for what is secret or computed', async () => {
    const names = (await source.open(ADMINISTRATOR).schema?.(source.signal))?.map(({ name }) => name) ?? [];
    expect(names).toEqual(expect.arrayContaining(['sAMAccountName', 'objectGUID', 'member', 'memberOf']));
    for (const name of [
      'unicodePwd',
      'ms-Mcs-AdmPwd',
      'supplementalCredentials',
      'tokenGroups',
      'canonicalName',
    ])
      expect(names).not.toContain(name);
  });
});
