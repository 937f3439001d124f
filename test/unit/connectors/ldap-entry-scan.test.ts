// Entries that are scanned for id and digest alone, and decoded later or never.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAttributeCatalog, ID_ATTRIBUTES } from '../../../connectors/ldap/attribute-catalog.ts';
import { EntryReader } from '../../../connectors/ldap/entry-decoder.ts';
import { EntryScanner, type ScannedEntry } from '../../../connectors/ldap/entry-scan.ts';
import { MessageFramer } from '../../../connectors/ldap/framing.ts';
import { secretAttributes } from '../../../domain/secret-attributes.ts';
import type { ReadEntry } from '../../../domain/source-entry.ts';
import { entryMessage, type Values } from '../../support/entry-message.ts';

type Attribute = [string, Values];

const RULES = '0'.repeat(32);
const ID: Attribute = ['entryUUID', ['id-1']];
const GUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

function scanner(objectClass = 'user', rules = RULES, idAttribute = 'employeeNumber') {
  const catalog = createAttributeCatalog({
    isSecret: secretAttributes(),
    binaryNames: new Set(),
    idAttribute,
  });
  const reader = new EntryReader(catalog, objectClass);
  return { reader, scanner: new EntryScanner(catalog, reader, rules) };
}

/** Scans messages that arrive in chunks of `size` bytes. */
function scanAll(
  messages: Buffer[],
  size = Number.POSITIVE_INFINITY,
  by = scanner().scanner,
): ScannedEntry[] {
  const scanned: ScannedEntry[] = [];
  const framer = new MessageFramer((bytes, frame) => {
    scanned.push(by.scan(bytes, frame.contentStart, frame.contentEnd));
  });
  const stream = Buffer.concat(messages);
  for (let at = 0; at < stream.length; at += size) {
    // A copy, as each chunk of a socket has its own memory.
    framer.push(Buffer.from(stream.subarray(at, Math.min(stream.length, at + size))));
  }
  return scanned;
}

function scan(dn: string, attributes: Attribute[], by = scanner().scanner, messageId = 1): ReadEntry {
  const [entry] = scanAll([entryMessage(messageId, dn, attributes)], undefined, by);
  if (entry === undefined || 'rejected' in entry) throw new Error('the entry was rejected');
  return entry;
}

describe('EntryScanner', () => {
  it.each([...ID_ATTRIBUTES, 'employeeNumber'])(
    'finds the id in %s, and those after it do not count',
    (name) => {
      const names = [...ID_ATTRIBUTES, 'employeeNumber'];
      const later = names.slice(names.indexOf(name));
      const attributes = later.map((each): Attribute => [each, each === 'GUID' ? [GUID] : [`of ${each}`]]);
      const expected = name === 'GUID' ? '00112233-4455-6677-8899-aabbccddeeff' : `of ${name}`;
      for (const order of [attributes, attributes.toReversed()]) {
        const entry = scan('cn=a', [['cn', ['a']], ...order, ['sn', ['b']]]);
        expect(entry.sourceId).toBe(expected);
        expect(entry.decode()).toMatchObject({ entry: { sourceId: expected } });
      }
    },
  );

  it('finds what the decoder finds, or rejects what it rejects, for any attributes', () => {
    const name = fc.constantFrom(
      ...ID_ATTRIBUTES,
      'employeeNumber',
      'member',
      'userPassword',
      'cn',
      'entryuuid;x-a',
    );
    const value = fc.oneof(fc.string({ maxLength: 3 }), fc.constant(GUID), fc.constant(Buffer.from([0xff])));
    const attributes = fc.array(fc.tuple(name, fc.array(value, { maxLength: 2 })), { maxLength: 6 });
    const idAttribute = fc.constantFrom('employeeNumber', 'member', 'userPassword');
    fc.assert(
      fc.property(attributes, fc.constantFrom('user', 'group'), idAttribute, (given, objectClass, own) => {
        const both = scanner(objectClass, RULES, own);
        const message = entryMessage(1, 'cn=a', given);
        const [scanned] = scanAll([message], undefined, both.scanner) as [ScannedEntry];
        let decoded: ReturnType<EntryReader['decode']> | undefined;
        new MessageFramer((bytes, frame) => {
          decoded = both.reader.decode(bytes, frame.contentStart, frame.contentEnd);
        }).push(message);
        if (decoded !== undefined && 'entry' in decoded) {
          expect(scanned).toMatchObject({ sourceId: decoded.entry.sourceId, objectClass });
        }
        expect('rejected' in scanned ? scanned : scanned.decode()).toEqual(decoded);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same digest for the same content, whatever message it comes in', () => {
    const attributes: Attribute[] = [ID, ['cn', ['a', 'b']]];
    const digest = scan('cn=a', attributes).digest;
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    expect(scan('cn=a', attributes, undefined, 70_000).digest).toBe(digest);
  });

  it.each([
    ['another DN', 'cn=b', [ID, ['cn', ['a', 'b']]]],
    ['another value', 'cn=a', [ID, ['cn', ['a', 'c']]]],
    ['a value less', 'cn=a', [ID, ['cn', ['a']]]],
    ['an attribute more', 'cn=a', [ID, ['cn', ['a', 'b']], ['sn', ['c']]]],
    ['another attribute name', 'cn=a', [ID, ['sn', ['a', 'b']]]],
    ['another cut between values', 'cn=a', [ID, ['cn', ['ab', '']]]],
  ] as [string, string, Attribute[]][])('gives another digest for %s', (_what, dn, attributes) => {
    expect(scan(dn, attributes).digest).not.toBe(scan('cn=a', [ID, ['cn', ['a', 'b']]]).digest);
  });

  it('gives another digest for the same bytes under other rules', () => {
    const other = scanner('user', 'f'.repeat(32)).scanner;
    expect(scan('cn=a', [ID], other).digest).not.toBe(scan('cn=a', [ID]).digest);
  });

  it.each([37, 1_000, 65_536])('decodes entries long after others arrived, in chunks of %d bytes', (size) => {
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const messages = numbers.map((index) =>
      // Every other one has its attributes elsewhere, so that guesses by position are often wrong.
      entryMessage(
        2,
        `cn=${index}`,
        index % 2 === 0
          ? [
              ['cn', [`${index}`]],
              ['entryUUID', [`id-${index}`]],
            ]
          : [
              ['sn', ['x']],
              ['entryUUID', [`id-${index}`]],
              ['cn', [`${index}`]],
            ],
      ),
    );
    const scanned = scanAll(messages, size);
    const decoded = scanned.toReversed().map((entry) => ('rejected' in entry ? entry : entry.decode()));
    expect(decoded.toReversed()).toMatchObject(
      numbers.map((index) => ({
        entry: {
          sourceId: `id-${index}`,
          distinguishedName: `cn=${index}`,
          attributes: { cn: [`${index}`] },
        },
      })),
    );
  });

  it('leaves it to the decoding to find that an entry cannot be taken', () => {
    const entry = scan('nonsense', [ID]);
    expect(entry.decode()).toMatchObject({
      rejected: { code: 'undecodable', distinguishedName: 'nonsense' },
    });
    const ranged = scan('cn=g', [ID, ['member;range=0-1499', ['cn=a']]], scanner('group').scanner);
    expect(() => ranged.decode()).toThrow(expect.objectContaining({ code: 'source_error' }));
  });

  it('rejects an entry without an id at once', () => {
    expect(scanAll([entryMessage(1, 'cn=a', [['cn', ['a']]])])).toMatchObject([
      { rejected: { code: 'no_id', distinguishedName: 'cn=a' } },
    ]);
  });

  it('rejects malformed bytes at once', () => {
    const message = entryMessage(1, 'cn=a', [['cn', ['a']], ID]);
    // The tag of the first attribute's name.
    message[message.indexOf('cn', message.indexOf('cn=a') + 4) - 2] = 0x05;
    expect(scanAll([message])).toMatchObject([
      { rejected: { code: 'undecodable', distinguishedName: 'cn=a' } },
    ]);
  });
});
