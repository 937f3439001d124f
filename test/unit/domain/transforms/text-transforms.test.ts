// Transforms of text, by the examples of their public documentation and at their edges.
import { describe, expect, it } from '@jest/globals';
import { failure, NULL, transformed } from '../../../support/transforms.ts';

const FOX = 'The quick brown fox jumped over 10 lazy dogs';

describe('transforms of one text', () => {
  it.each([
    ['upper', {}, 'straße', 'STRASSE'],
    ['lower', {}, 'All-Access', 'all-access'],
    ['trim', {}, ' \tVice President\n', 'Vice President'],
    ['decomposeDiacriticalMarks', {}, 'Āric Dubçek', 'Aric Dubcek'],
    ['decomposeDiacriticalMarks', {}, 'ﬁancée ½', 'fiancee 1⁄2'],
    ['substring', { begin: 2, end: 4 }, 'abcdef', 'cd'],
    ['substring', { begin: 1, end: 3, beginOffset: 1, endOffset: 2 }, 'abcdef', 'cde'],
    ['substring', { begin: '-1', beginOffset: 3, end: -1, endOffset: -2 }, 'abcdef', 'abcdef'],
    ['substring', { begin: 4 }, 'abcdef', 'ef'],
    ['substring', { begin: { type: 'indexOf', attributes: { substring: 'c' } } }, 'abcdef', 'cdef'],
    ['getEndOfString', { numChars: '4' }, 'abcd1234', '1234'],
    ['getEndOfString', { numChars: '16' }, 'This is a test.', null],
    ['getEndOfString', { numChars: '15' }, 'This is a test.', 'This is a test.'],
    ['indexOf', { substring: 'admin_' }, 'admin_jsmith', '0'],
    ['indexOf', { substring: 'b' }, 'abcabcabc', '1'],
    ['lastIndexOf', { substring: 'b' }, 'abcabcabc', '7'],
    ['lastIndexOf', { substring: 'x' }, 'abcabcabc', '-1'],
    ['leftPad', { padding: '0', length: '8' }, '1234', '00001234'],
    ['leftPad', { length: 3 }, '1234', '1234'],
    ['rightPad', { padding: 'x', length: 7 }, '1234', '1234xxx'],
    ['rightPad', { length: '6' }, '1234', '1234  '],
    ['split', { delimiter: ':', index: 1 }, 'abc:123', '123'],
    ['split', { delimiter: ' ', index: 3, throws: true }, FOX, 'fox'],
    ['split', { delimiter: '|', index: '1' }, 'a|b', 'b'],
    ['split', { delimiter: '\\d+', index: 2 }, 'a1b22c', 'c'],
    ['split', { delimiter: ',', index: 3, throws: 'false' }, 'a,b,,', null],
    ['replace', { regex: 'IIQ', replacement: 'the cloud' }, 'IIQ and IIQ', 'the cloud and the cloud'],
    ['replace', { regex: '[^a-zA-Z]', replacement: '' }, FOX, 'Thequickbrownfoxjumpedoverlazydogs'],
    ['replace', { regex: '(\\w+) (\\w+)', replacement: '$2 $1' }, 'John Smith', 'Smith John'],
    ['replace', { regex: 'EUR', replacement: '\\$' }, 'EUR 5', '$ 5'],
    ['replace', { regex: 'apt (\\d+)', replacement: 'Apt #$1' }, 'apt 12', 'Apt #12'],
    ['replace', { regex: '(\\d+)', replacement: '#b$1#' }, '12', '#b12#'],
    ['replaceAll', { table: { '-': ' ', '"': "'", ñ: 'n' } }, 'Enrique Jose-Piñon', 'Enrique Jose Pinon'],
    ['replaceAll', { table: { '[.]': '-', '[a-zA-z]': '' } }, 'ad512.777.1234', '512-777-1234'],
    ['replaceAll', {}, 'as it was', 'as it was'],
    ['base64Encode', {}, '1234', 'MTIzNA=='],
    ['base64Encode', {}, 'é', 'w6k='],
    ['base64Decode', {}, 'MTIzNA==', '1234'],
    ['normalizeNames', {}, 'jOHN VON SmITh', 'John von Smith'],
    ['normalizeNames', {}, "Dr. JOHN D. O'BRIEN", "Dr. John D. O'Brien"],
    ['normalizeNames', {}, "JEAN-PIERRE o'neil mcdonald iii", "Jean-Pierre O'Neil McDonald III"],
    ['normalizeNames', {}, 'MARIA DE LA CRUZ Y MACKENZIE', 'Maria de la Cruz y MacKenzie'],
    ['normalizeNames', {}, 'élodie MACEDO', 'Élodie Macedo'],
    ['normalizeNames', {}, 'MACK MACDONALD', 'Mack MacDonald'],
  ])('%s %j of %j', (type, attributes, input, output) => {
    expect(transformed(type, { ...attributes, input })).toBe(output);
    expect(transformed(type, { ...attributes, input: NULL })).toBeNull();
  });

  it.each([
    [
      'substring',
      { begin: 1, end: 10, input: 'abc' },
      "begin 1, end 10, but the text 'abc' has 3 characters",
    ],
    ['substring', { begin: 2, end: 1, input: 'abc' }, "begin 2, end 1, but the text 'abc' has 3 characters"],
    ['split', { delimiter: ',', index: 3, input: 'a,b,,' }, 'there are 2 parts, and index 3 is beyond them'],
    ['base64Decode', { input: 'not base64!' }, 'the input is not base64'],
    ['base64Decode', { input: '/9j/' }, 'the decoded bytes are not text in UTF-8'],
    [
      'replace',
      { regex: 'a+b', replacement: '', input: 'a'.repeat(4_001) },
      'the text has 4001 characters; patterns are applied to 4000 at most',
    ],
  ])('%s %j fails', (type, attributes, reason) => {
    expect(failure(type, attributes)).toEqual({ path: '', reason });
  });

  it('takes an empty input as none of its own', () => {
    const inner = { type: 'upper', attributes: { input: '' } };
    expect(
      transformed('lower', { input: { type: 'concat', attributes: { values: [inner], input: 'Abc' } } }),
    ).toBe('abc');
  });

  it('gives no half of a character, and no character that cannot be stored', () => {
    expect(transformed('substring', { begin: 0, end: 1, input: '😀' })).toBe('\ufffd');
    expect(failure('base64Decode', { input: 'AA==' }).reason).toBe('the value holds the character U+0000');
  });
});

describe('concat and join', () => {
  it.each([
    ['concat', { values: ['John', ' ', 'Smith'] }, 'John Smith'],
    ['concat', { values: ['a', NULL, null, 'b'] }, 'ab'],
    ['concat', { values: [NULL, null] }, null],
    ['join', { values: ['John', 'Smith'], separator: '|' }, 'John|Smith'],
    ['join', { values: ['a', 'b'] }, 'a,b'],
    ['join', { values: ['a', NULL, 'b'], separator: '-' }, 'a-b'],
  ])('%s %j', (type, attributes, output) => {
    expect(transformed(type, attributes)).toBe(output);
  });
});

describe('codes', () => {
  it.each([
    ['e164phone', {}, '779.284.2727', '+17792842727'],
    ['e164phone', {}, '(512) 346-2000', '+15123462000'],
    ['e164phone', { defaultRegion: 'AU' }, '0412345678', '+61412345678'],
    ['e164phone', { defaultRegion: 'fr' }, '06 12 34 56 78', '+33612345678'],
    ['e164phone', {}, 'ask reception', null],
    ['iso3166', {}, 'United States of America', 'US'],
    ['iso3166', { format: 'numeric' }, 'ES', '724'],
    ['iso3166', { format: 'alpha3' }, 'españa', 'ESP'],
    ['iso3166', {}, '724', 'ES'],
    ['iso3166', { format: 'numeric' }, 'Afghanistan', '004'],
    ['iso3166', {}, 'Österreich', 'AT'],
    ['iso3166', {}, 'Atlantis', null],
    ['rfc5646', {}, 'Spanish', 'es'],
    ['rfc5646', {}, 'SPA', 'es'],
    ['rfc5646', {}, 'English (United States)', 'en_US'],
    ['rfc5646', {}, 'HEB', 'iw'],
    ['rfc5646', {}, 'Arabic (U.A.E.)', 'ar_AE'],
    ['rfc5646', {}, 'Azeri (Cyrillic) (Azerbaijan)', 'az_AZ_#Cyrl'],
    ['rfc5646', {}, 'Chinese (S)', 'zh_CN'],
    ['rfc5646', {}, 'Konkani (India)', 'kok_IN'],
    ['rfc5646', {}, 'Klingonese', null],
    ['rfc5646', {}, 'Spanish (constructor)', null],
    ['rfc5646', {}, '(Spain)', null],
  ])('%s %j of %j', (type, attributes, input, output) => {
    expect(transformed(type, { ...attributes, input })).toBe(output);
  });
});
