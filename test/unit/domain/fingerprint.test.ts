// What makes an entry count as changed, and what does not.
import { describe, expect, it } from '@jest/globals';
import { exceedsDeleteThreshold } from '../../../domain/delete-threshold.ts';
import { entryDigest, mappingDigest, membersDigest, referenceDigest } from '../../../domain/fingerprint.ts';
import type { SourceEntry } from '../../../domain/source-entry.ts';
import { refuseEntry } from '../../../domain/staged-entry.ts';

const ENTRY: SourceEntry = {
  sourceId: 'id-1',
  objectClass: 'group',
  distinguishedName: 'cn=a,dc=example',
  referenceKey: 'dn:cn=a,dc=example',
  alternateKey: null,
  attributes: { cn: ['a'], mail: ['x@example.org', 'y@example.org'] },
  sideAttributes: { modifyTimestamp: ['1'] },
  memberAttribute: 'member',
  memberValues: ['cn=b', 'cn=c'],
};

const READ = { objectClass: 'group', digest: '0123456789abcdef0123456789abcdef' };

describe('entryDigest', () => {
  it.each([
    ['what the source sent', { ...READ, digest: 'f'.repeat(32) }, 'm'],
    ['the class', { ...READ, objectClass: 'user' }, 'm'],
    ['the mapping', READ, 'n'],
  ])('sees %s', (_what, read, mapping) => {
    expect(entryDigest(read, mapping)).not.toBe(entryDigest(READ, 'm'));
    expect(entryDigest(read, mapping)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("sees another mapping of the entry's class, and of no other", () => {
    const own = mappingDigest([{ target: 'title', source: 'x', objectClass: 'user' }], 'user');
    expect(own).not.toBe(mappingDigest([], 'user'));
    expect(mappingDigest([{ target: 'title', source: 'x', objectClass: 'user' }], 'group')).toBe(
      mappingDigest([], 'group'),
    );
  });

  it('is the same for the same', () => {
    expect(entryDigest({ ...READ }, 'm')).toBe(entryDigest(READ, 'm'));
  });
});

describe('membersDigest', () => {
  it.each([
    ['a member', { memberValues: ['cn=b', 'cn=d'] }],
    ['the attribute', { memberAttribute: 'uniqueMember' }],
    ['members that are none any more', { memberAttribute: null, memberValues: [] }],
  ])('sees %s', (_what, change) => {
    expect(membersDigest({ ...ENTRY, ...change })).not.toBe(membersDigest(ENTRY));
  });

  it('tells an empty group from what is no group', () => {
    expect(membersDigest({ ...ENTRY, memberValues: [] })).not.toBeNull();
    expect(membersDigest({ ...ENTRY, memberAttribute: null })).toBeNull();
  });
});

describe('referenceDigest', () => {
  it('never takes references of two connections for the same', () => {
    expect(referenceDigest('1', 'dn:a')).not.toBe(referenceDigest('2', 'dn:a'));
    expect(referenceDigest('1', 'dn:a')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('refuseEntry', () => {
  it.each(['displayName', 'givenName', 'surname', 'accountName', 'email', 'department'] as const)(
    'refuses a %s that lists of objects or persons could not be searched by',
    (field) => {
      expect(refuseEntry(ENTRY, { [field]: 'x'.repeat(601) })).toMatchObject({
        code: 'too_long',
        message: `The ${field} is longer than 600 bytes.`,
      });
    },
  );

  it('refuses what an index could not hold, by its bytes', () => {
    expect(refuseEntry(ENTRY, { displayName: 'x'.repeat(600) })).toBeNull();
    expect(refuseEntry(ENTRY, { displayName: '山'.repeat(300) })).toMatchObject({ code: 'too_long' });
    expect(refuseEntry({ ...ENTRY, sourceId: 'x'.repeat(601) }, {})).toMatchObject({ code: 'too_long' });
  });
});

describe('exceedsDeleteThreshold', () => {
  it.each([
    [0, 100, 10, false],
    [10, 100, 10, false],
    [11, 100, 10, true],
    [1, 1, 100, true],
    [99, 100, 100, false],
    [0, 0, 0, false],
  ])('%d of %d at %d %%: %s', (vanished, claimed, threshold, expected) => {
    expect(exceedsDeleteThreshold(vanished, claimed, threshold)).toBe(expected);
  });
});
