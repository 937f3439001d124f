// Distinguished names: read as RFC 4514 writes them, compared as RFC 4517 and 4518 say.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../domain/app-error.ts';
import { dnKey, isUnder, parseDistinguishedName, parsedDnKey } from '../../../domain/distinguished-name.ts';
import { foldText } from '../../../domain/folded-text.ts';

/** Writes a text as an RDN's value (RFC 4514 section 2.4). */
function escapeNameValue(value: string): string {
  return value.replace(/["+,;<>\\]|^[ #]| $/g, '\\$&').replaceAll('\u0000', '\\00');
}

/** Text as directories have it: ASCII with everything that is special in a DN, and other scripts. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aAbZ09 ,+"\\#;<>=-äßÉжΣς山😀\u00a0\u00ad') }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).map((value) => value.replace(/\p{Cs}/gu, '')),
);
const type = fc.constantFrom('cn', 'CN', 'commonName', '2.5.4.3', 'uid', 'OU', 'x-Own', '1.2.3.4');
const rdn = fc
  .array(fc.tuple(type, text), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([name, value]) => `${name}=${escapeNameValue(value)}`).join('+'));
const name = fc.array(rdn, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(','));

describe('parseDistinguishedName', () => {
  it.each([
    [
      'the examples of RFC 4514 section 4',
      'UID=jsmith,DC=example,DC=net',
      [
        ['UID', 'jsmith'],
        ['DC', 'example'],
        ['DC', 'net'],
      ],
    ],
    [
      'an escaped comma',
      'CN=James \\"Jim\\" Smith\\, III,DC=net',
      [
        ['CN', 'James "Jim" Smith, III'],
        ['DC', 'net'],
      ],
    ],
    ['hex pairs', 'CN=Before\\0dAfter', [['CN', 'Before\rAfter']]],
    ['hex pairs that are UTF-8 together', 'CN=Lu\\C4\\8Di\\C4\\87', [['CN', 'Lučić']]],
    ['a BER value', '1.3.6.1.4.1.1466.0=#04024869', [['1.3.6.1.4.1.1466.0', 'Hi']]],
    [
      'quotes and semicolons of RFC 2253',
      'CN="a, b" ; O=c',
      [
        ['CN', 'a, b'],
        ['O', 'c'],
      ],
    ],
    ['OID. before a number', 'OID.2.5.4.3=a', [['2.5.4.3', 'a']]],
    [
      'spaces around separators',
      ' cn = a , ou= b ',
      [
        ['cn', 'a'],
        ['ou', 'b'],
      ],
    ],
    ['an escaped space at an end', 'cn=\\ a\\ ', [['cn', ' a ']]],
    [
      'an empty value',
      'cn=,dc=x',
      [
        ['cn', ''],
        ['dc', 'x'],
      ],
    ],
    ['the root', '', []],
  ])('reads %s', (_what, dn, expected) => {
    const parts = parseDistinguishedName(dn).flatMap((parsed) =>
      parsed.map(({ type: each, value }) => [each, value]),
    );
    expect(parts).toEqual(expected);
  });

  it('keeps a BER value that is no text as it is', () => {
    expect(parseDistinguishedName('cn=#0303FFAB01')).toEqual([
      [{ type: 'cn', value: '#0303ffab01', encoded: true }],
    ]);
  });

  it.each([
    'cn',
    '=a',
    'cn=a,',
    ',cn=a',
    'cn=a\\',
    'cn="a',
    'cn="a"b',
    'cn=a"b',
    '1x=a',
    'cn=\\ff',
    'cn=a,,dc=b',
    'c n=a',
  ])('refuses %j and says why', (dn) => {
    expect(() => parseDistinguishedName(dn)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(() => dnKey(dn)).toThrow(AppError);
  });

  it('gives back what was escaped', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(parseDistinguishedName(`cn=${escapeNameValue(value)}`)[0]?.[0]?.value).toBe(value);
      }),
    );
  });

  it('reads any text or refuses it with an AppError', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'cn=,+"\\# ;a0f') }),
    );
    fc.assert(
      fc.property(anything, (dn) => {
        try {
          dnKey(dn);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('dnKey', () => {
  it.each([
    ['case of types and values', 'CN=Alice,OU=People', 'cn=ALICE,ou=people'],
    ['spaces around separators', 'cn=a , ou = b', 'cn=a,ou=b'],
    ['runs of spaces inside', 'cn=a   b', 'cn=a b'],
    ['escaped spaces at an end, which RFC 4518 finds insignificant', 'cn=\\ a\\20', 'cn=a'],
    ['names and numbers of a type', '2.5.4.3=a,domainComponent=b', 'cn=a,DC=b'],
    ['the order of the parts of an RDN', 'cn=a+uid=b', 'uid=b + cn=a'],
    ['ways of escaping', 'cn=a\\,b', 'cn="a,b"'],
    ['hex pairs and letters', 'cn=\\c3\\84', 'cn=ä'],
    ['composed and decomposed letters', 'cn=e\u0301', 'cn=\u00c9'],
    ['wide letters', 'cn=Ａ', 'cn=a'],
    ['final sigma', 'cn=ΟΔΟΣ', 'cn=οδος'],
    ['no-break spaces and soft hyphens', 'cn=a\u00a0b\u00ad', 'cn=a b'],
    ['a BER value and its text', 'cn=#0c0141', 'cn=a'],
    ['a hash sign', 'cn=\\#1', 'cn=\\231'],
  ])('finds equal: %s', (_what, one, other) => {
    expect(dnKey(one)).toBe(dnKey(other));
  });

  it.each([
    ['values', 'cn=a', 'cn=b'],
    ['an escaped comma and two names', 'cn=a\\,dc=b', 'cn=a,dc=b'],
    ['an escaped plus and two parts', 'cn=a\\+uid=b', 'cn=a+uid=b'],
    ['types', 'cn=a', 'uid=a'],
    ['a hex value and the text of its digits', 'cn=#0303FFAB01', 'cn=\\#0303ffab01'],
    ['the order of names', 'cn=a,cn=b', 'cn=b,cn=a'],
    ['accents', 'cn=a', 'cn=á'],
  ])('tells apart: %s', (_what, one, other) => {
    expect(dnKey(one)).not.toBe(dnKey(other));
  });

  it('is a name with itself as key', () => {
    fc.assert(
      fc.property(name, (dn) => {
        const key = dnKey(dn);
        expect(dnKey(key)).toBe(key);
        expect(parsedDnKey(key)).toBe(key);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives by the short way what the whole grammar gives', () => {
    const plain = fc.string({ unit: fc.constantFrom(...'aB9 =.-_@#+\\,"'), maxLength: 20 });
    const written = fc
      .array(fc.tuple(type, fc.constantFrom('', ' '), plain), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.map(([each, space, value]) => `${space}${each}=${value}${space}`).join(','));
    const outcome = (key: (dn: string) => string, dn: string) => {
      try {
        return key(dn);
      } catch (error) {
        return (error as AppError).code;
      }
    };
    fc.assert(
      fc.property(fc.oneof(written, name), (dn) => {
        expect(outcome(dnKey, dn)).toBe(outcome(parsedDnKey, dn));
      }),
      { numRuns: 5000 },
    );
  });

  it('does not depend on case', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(type, fc.string({ unit: fc.constantFrom(...'abcXYZ 019') }))),
        (parts) => {
          const dn = parts.map(([each, value]) => `${each}=${value}`).join(',');
          expect(dnKey(dn.toUpperCase())).toBe(dnKey(dn.toLowerCase()));
        },
      ),
    );
  });

  it('has keys for half a million member values within seconds', () => {
    const started = performance.now();
    for (let index = 0; index < 500_000; index += 1) {
      dnKey(`uid=u${index % 100_000},ou=Site ${index % 12},ou=People,dc=example,dc=org`);
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('isUnder', () => {
  it.each([
    ['uid=a,ou=People,dc=example,dc=org', 'OU=people, DC=example,DC=org', true],
    ['dc=example,dc=org', 'dc=example,dc=org', true],
    ['cn=anything', '', true],
    ['cn=a\\,dc=org', 'dc=org', false],
    ['cn=a,dc=example', 'dc=org', false],
    ['ou=xpeople,dc=org', 'ou=people,dc=org', false],
    ['dc=org', 'ou=people,dc=org', false],
  ])('%s under %s: %s', (dn, base, expected) => {
    expect(isUnder(dn, base)).toBe(expected);
  });
});

describe('foldText', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(text, (value) => {
        const folded = foldText(value);
        expect(foldText(folded)).toBe(folded);
      }),
      { numRuns: 5000 },
    );
  });
});
