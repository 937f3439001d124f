// What makes an entry count as changed, and what does not.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exceedsDeleteThreshold } from '../../../domain/delete-threshold.ts';
import { fingerprint, mappingDigest, referenceDigest } from '../../../domain/fingerprint.ts';
import type { SourceEntry } from '../../../domain/source-entry.ts';
import { isUnchanged, refuseEntry } from '../../../domain/staged-entry.ts';

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

const stored = (entry: SourceEntry) => {
  const print = fingerprint(entry, 'm');
  return { contentHash: print.content, sideHash: print.side, membersHash: print.members };
};

describe('fingerprint', () => {
  it('does not see the order of attributes and of their values', () => {
    const values = fc.uniqueArray(fc.string(), { minLength: 2 });
    fc.assert(
      fc.property(values, values, (one, two) => {
        const first = { ...ENTRY, attributes: { a: one, b: two } };
        const second = { ...ENTRY, attributes: { b: [...two].reverse(), a: [...one].reverse() } };
        expect(fingerprint(second, 'm')).toEqual(fingerprint(first, 'm'));
      }),
    );
  });

  it.each([
    ['a value', { attributes: { ...ENTRY.attributes, cn: ['b'] } }],
    ['a text that became binary', { attributes: { ...ENTRY.attributes, cn: { binary: ['a'] } } }],
    ['the DN', { distinguishedName: 'cn=b,dc=example' }],
    ['the class', { objectClass: 'user' }],
    ['a side attribute', { sideAttributes: { modifyTimestamp: ['2'] } }],
    ['a member', { memberValues: ['cn=b', 'cn=d'] }],
    ['members that are none any more', { memberAttribute: null, memberValues: [] }],
  ])('sees %s', (_what, change) => {
    expect(isUnchanged(fingerprint({ ...ENTRY, ...change }, 'm'), stored(ENTRY))).toBe(false);
  });

  it('keeps side attributes and members out of the content', () => {
    const other = { ...ENTRY, sideAttributes: {}, memberValues: [] };
    expect(fingerprint(other, 'm').content).toBe(fingerprint(ENTRY, 'm').content);
  });

  it("sees another mapping of the entry's class, and of no other", () => {
    const own = mappingDigest([{ target: 'title', source: 'x', objectClass: 'user' }], 'user');
    expect(own).not.toBe(mappingDigest([], 'user'));
    expect(mappingDigest([{ target: 'title', source: 'x', objectClass: 'user' }], 'group')).toBe(
      mappingDigest([], 'group'),
    );
  });

  it('never takes references of two connections for the same', () => {
    expect(referenceDigest('1', 'dn:a')).not.toBe(referenceDigest('2', 'dn:a'));
    expect(referenceDigest('1', 'dn:a')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('refuseEntry', () => {
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
