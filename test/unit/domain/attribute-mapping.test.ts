// Which attribute fills which field: the defaults for inetOrgPerson, posixAccount, AD and CSV, and a project's own.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileMapping } from '../../../domain/attribute-mapping.ts';
import { checkMappings } from '../../../domain/mapping-checks.ts';
import type { Attributes, SourceEntry } from '../../../domain/source-entry.ts';
import { parseStatus, parseTime } from '../../../domain/source-values.ts';

function entry(attributes: Attributes, rest: Partial<SourceEntry> = {}): SourceEntry {
  return {
    sourceId: 'id-1',
    objectClass: 'user',
    distinguishedName: null,
    referenceKey: 'id:id-1',
    alternateKey: null,
    attributes,
    sideAttributes: {},
    memberAttribute: null,
    memberValues: [],
    ...rest,
  };
}

describe('compileMapping', () => {
  it('fills the fields of inetOrgPerson and posixAccount', () => {
    const fields = compileMapping([])(
      entry(
        {
          uid: ['ann'],
          cn: ['Ann Archer', 'A. Archer'],
          sn: ['Archer'],
          givenName: ['Ann'],
          mail: ['ann@example.org'],
          employeeNumber: ['7'],
          departmentNumber: ['IT'],
          telephoneNumber: ['+49 30 1'],
          manager: ['uid=bob,dc=example,dc=org'],
          createTimestamp: ['20260102030405Z'],
          shadowExpire: ['20000'],
        },
        { sideAttributes: { modifyTimestamp: ['20260102030405.5Z'] } },
      ),
    );
    expect(fields).toEqual({
      accountName: 'ann',
      displayName: 'Ann Archer',
      surname: 'Archer',
      givenName: 'Ann',
      email: 'ann@example.org',
      employeeId: '7',
      department: 'IT',
      phone: '+49 30 1',
      managerId: 'uid=bob,dc=example,dc=org',
      managerAttribute: 'manager',
      sourceCreatedAt: '2026-01-02T03:04:05.000Z',
      sourceChangedAt: '2026-01-02T03:04:05.500Z',
      accountExpiresAt: '2024-10-04T00:00:00.000Z',
    });
  });

  it('compares names without case and prefers the first of the list, whatever the order of the entry', () => {
    const map = compileMapping([]);
    expect(map(entry({ CN: ['cn'], DISPLAYNAME: ['display'] })).displayName).toBe('display');
    expect(map(entry({ displayName: ['  '], cn: ['cn'] })).displayName).toBe('cn');
  });

  it("lets a project's mapping replace the default, for its class alone", () => {
    const map = compileMapping([{ target: 'department', source: ['costCentre', 'ou'], objectClass: 'user' }]);
    expect(map(entry({ departmentNumber: ['IT'] })).department).toBeUndefined();
    expect(map(entry({ ou: ['HR'], departmentNumber: ['IT'] })).department).toBe('HR');
    expect(map(entry({ departmentNumber: ['IT'] }, { objectClass: 'contact' })).department).toBe('IT');
  });

  it('takes no field from binary values', () => {
    expect(compileMapping([])(entry({ cn: { binary: ['AAE='] }, uid: ['ann'] })).displayName).toBe('ann');
  });
});

describe('parseTime', () => {
  it.each([
    ['20260102030405Z', '2026-01-02T03:04:05.000Z'],
    ['202601020304Z', '2026-01-02T03:04:00.000Z'],
    ['2026010203,5Z', '2026-01-02T03:30:00.000Z'],
    ['20260102030405+0130', '2026-01-02T01:34:05.000Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['2026-01-02 03:04', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05.000Z'],
    ['133485408000000000', '2024-01-01T00:00:00.000Z'],
    ['9223372036854775807', null],
    ['0', null],
    ['00000101000000Z', null],
    ['0000-01-01', null],
    ['soon', null],
  ])('reads %s as %s', (value, expected) => {
    expect(parseTime(value, 'pwdLastSet')).toBe(expected);
  });

  it('reads the usual form as the calendar does', () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
    const date = fc.tuple(
      digits(4),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
      digits(6),
    );
    fc.assert(
      fc.property(date, ([year, month, day, time]) => {
        const two = (value: number) => String(value).padStart(2, '0');
        const written = `${year}${two(month)}${two(day)}${time}`;
        // A fraction of nothing takes the long way.
        expect(parseTime(`${written}Z`, 'x')).toBe(parseTime(`${written}.0Z`, 'x'));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('parseStatus', () => {
  it.each([
    ['userAccountControl', '514', 'disabled'],
    ['userAccountControl', '512', 'active'],
    ['nsAccountLock', 'TRUE', 'disabled'],
    ['pwdAccountLockedTime', '000001010000Z', 'disabled'],
    ['pwdAccountLockedTime', '20260101000000Z', null],
    ['status', 'Inactive', 'disabled'],
    ['enabled', 'yes', 'active'],
    ['status', 'on leave', null],
  ])('%s %s is %s', (attribute, value, expected) => {
    expect(parseStatus(value, attribute)).toBe(expected);
  });
});

describe('checkMappings', () => {
  const classes = ['user', 'group'];

  it('accepts what can work', () => {
    expect(checkMappings([{ target: 'department', source: 'ou', objectClass: 'user' }], classes)).toEqual([]);
  });

  it.each([
    [{ target: 'shoeSize', source: 'x' }, 'body.attributeMappings[0].target', "'shoeSize' is no field"],
    [
      { target: 'title', source: 'x', objectClass: 'computer' },
      'body.attributeMappings[0].objectClass',
      'user, group',
    ],
    [
      { target: 'managerId', source: 'x', objectClass: 'group' },
      'body.attributeMappings[0].target',
      'belongs to user',
    ],
    [{ target: 'title', source: 'userPassword' }, 'body.attributeMappings[0].source', 'never read'],
    [{ target: 'title', source: 'member' }, 'body.attributeMappings[0].source', 'memberships'],
    [{ target: 'title', source: [] }, 'body.attributeMappings[0].source', 'at least one'],
  ])('refuses %j', (mapping, path, message) => {
    expect(checkMappings([mapping], classes)).toMatchObject([
      { path, message: expect.stringContaining(message) },
    ]);
  });

  it('refuses a field that is mapped twice', () => {
    const mapping = { target: 'title', source: 'x' };
    expect(checkMappings([mapping, mapping], classes)).toMatchObject([
      { path: 'body.attributeMappings[1].target' },
    ]);
  });
});
