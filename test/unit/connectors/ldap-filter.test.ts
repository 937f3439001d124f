// Search filters: what goes over the wire, and the reason a bad one is refused for.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BerReader, BerWriter, FilterParser } from 'ldapts';
import { parseFilter } from '../../../connectors/ldap/filter.ts';
import { checkLdapScopes, scopedSearches } from '../../../connectors/ldap/scopes.ts';
import { AppError } from '../../../domain/app-error.ts';

/** The filter as a server reads it. */
function sent(filter: string): string {
  const writer = new BerWriter();
  parseFilter(filter).write(writer);
  return FilterParser.parse(new BerReader(writer.buffer)).toString();
}

describe('parseFilter', () => {
  it.each([
    ['(cn=Alice)', '(cn=Alice)'],
    ['cn=Alice', '(cn=Alice)'],
    [' ( & (cn=a) (!(sn=b)) (|(uid=c)(uid=d)) ) ', '(&(cn=a)(!(sn=b))(|(uid=c)(uid=d)))'],
    ['(cn=a*b*c)', '(cn=a*b*c)'],
    ['(cn=*a*)', '(cn=*a*)'],
    ['(o=Parens R Us \\28for all\\29)', '(o=Parens R Us \\28for all\\29)'],
    ['(sn=Lu\\c4\\8di\\c4\\87)', '(sn=Lučić)'],
    ['(age>=5)', '(age>=5)'],
    ['(age<=5)', '(age<=5)'],
    ['(cn~=a)', '(cn~=a)'],
    ['(cn=)', '(cn=)'],
    ['(userAccountControl:1.2.840.113556.1.4.803:=2)', '(userAccountControl:1.2.840.113556.1.4.803:=2)'],
  ])('sends %s as %s', (written, expected) => {
    expect(sent(written)).toBe(expected);
  });

  it('sends escaped bytes that are no text as they are', () => {
    const writer = new BerWriter();
    parseFilter('(guid=\\ff\\00\\80)').write(writer);
    expect(writer.buffer.includes(Buffer.from([0xff, 0x00, 0x80]))).toBe(true);
  });

  it.each([
    ['', 'expected'],
    ['(cn=a', 'not closed'],
    ['(cn=a))', 'nothing may follow'],
    ['(&)', 'needs a filter'],
    ['(cn)', "'='"],
    ['(cn=a(b)', '\\28'],
    ['(cn=\\zz)', 'hex digits'],
    ['(cn=a**b)', "'**'"],
    ['(=a)', 'attribute name'],
    ['(:=a)', 'attribute or a rule'],
    [`${'(!'.repeat(200)}(cn=a)${')'.repeat(200)}`, 'nested'],
  ])('refuses %j', (written, reason) => {
    expect(() => parseFilter(written)).toThrow(
      expect.objectContaining({ code: 'invalid_filter', message: expect.stringContaining(reason) }),
    );
  });

  it('reads any text or refuses it with an AppError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'()&|!=*\\:<>~ab2 ') }), (written) => {
        try {
          parseFilter(written);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('scopes', () => {
  const users = { objectClass: 'user', baseDn: null, filter: null };

  it('says where a scope is wrong', () => {
    const scopes = [
      users,
      { objectClass: 'role', baseDn: 'nonsense', filter: null },
      { ...users, filter: '(cn' },
    ];
    expect(checkLdapScopes(scopes).map(({ path }) => path)).toEqual(['1.baseDn', '1.filter', '2.filter']);
  });

  it('searches every base of the connection, and none below another', () => {
    const bases = ['ou=a,dc=x', 'DC=X', 'dc=x', 'dc=y'];
    expect(scopedSearches([users], bases).map(({ baseDn }) => baseDn)).toEqual(['DC=X', 'dc=y']);
  });

  it('keeps a base below another when it is searched for something else', () => {
    const scopes = [users, { objectClass: 'user', baseDn: 'ou=a,dc=x', filter: '(cn=*)' }];
    expect(scopedSearches(scopes, ['dc=x'])).toHaveLength(2);
  });

  it('refuses to search by a filter that is not valid', () => {
    expect(() => scopedSearches([{ ...users, filter: '(' }], ['dc=x'])).toThrow(
      expect.objectContaining({ code: 'invalid_filter' }),
    );
  });
});
