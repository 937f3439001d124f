// Bytes of LDAP: cut into messages however they arrive, and decoded without losing one.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAttributeCatalog } from '../../../connectors/ldap/attribute-catalog.ts';
import { EntryReader } from '../../../connectors/ldap/entry-decoder.ts';
import { type Frame, MessageFramer } from '../../../connectors/ldap/framing.ts';
import { secretAttributes } from '../../../domain/secret-attributes.ts';
import { entryMessage, type Values } from '../../support/entry-message.ts';

function decode(dn: string | Buffer, attributes: [string, Values][], objectClass = 'user') {
  const catalog = createAttributeCatalog({
    isSecret: secretAttributes(),
    binaryNames: new Set(['badge']),
    idAttribute: 'employeeNumber',
  });
  const reader = new EntryReader(catalog, objectClass);
  let result: ReturnType<EntryReader['decode']> | undefined;
  new MessageFramer((bytes, frame) => {
    result = reader.decode(bytes, frame.contentStart, frame.contentEnd);
  }).push(entryMessage(1, dn, attributes));
  if (result === undefined) throw new Error('no message was delivered');
  return result;
}

const ID: [string, Values] = ['entryUUID', ['id-1']];

describe('MessageFramer', () => {
  it('delivers the same messages however the bytes are cut', () => {
    const values = fc.array(fc.string({ maxLength: 300 }), { maxLength: 5 });
    const cuts = fc.array(fc.nat(2_000), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 8 }), cuts, (messages, positions) => {
        const all = messages.map((each, index) => entryMessage(index + 1, 'cn=a', [['x', each]]));
        const bytes = Buffer.concat(all);
        const seen: string[] = [];
        const framer = new MessageFramer((buffer: Buffer, frame: Frame) => {
          seen.push(buffer.toString('hex', frame.start, frame.end));
          expect(frame.messageId).toBe(seen.length);
        });
        const edges = [0, ...positions.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
        for (let index = 1; index < edges.length; index += 1)
          framer.push(bytes.subarray(edges[index - 1], edges[index]));
        expect(seen).toEqual(all.map((message) => message.toString('hex')));
        expect(framer.hasRest).toBe(false);
      }),
    );
  });

  it('refuses what is no LDAP', () => {
    const framer = new MessageFramer(() => undefined);
    expect(() => framer.push(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow(
      expect.objectContaining({ code: 'source_error' }),
    );
  });

  it('refuses a message that would not fit into memory', () => {
    const framer = new MessageFramer(() => undefined);
    expect(() => framer.push(Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]))).toThrow(/256 MiB/);
  });
});

describe('EntryReader', () => {
  it('keeps text as text and anything else exactly', () => {
    const bytes = Buffer.from([0xff, 0xd8, 0x00, 0x01]);
    const decoded = decode('cn=ä,dc=x', [
      ID,
      ['cn', ['ä', ' spaces ', '']],
      ['cn;lang-ja', ['太郎']],
      ['badge', ['ascii']],
      ['userCertificate;binary', [bytes]],
      ['note', ['text', bytes]],
      ['nul', ['a\0b']],
    ]);
    expect(decoded).toMatchObject({
      entry: {
        distinguishedName: 'cn=ä,dc=x',
        referenceKey: 'dn:cn=ä,dc=x',
        attributes: {
          cn: ['ä', ' spaces ', ''],
          'cn;lang-ja': ['太郎'],
          badge: { binary: [Buffer.from('ascii').toString('base64')] },
          'userCertificate;binary': { binary: [bytes.toString('base64')] },
          note: { binary: [Buffer.from('text').toString('base64'), bytes.toString('base64')] },
          nul: { binary: [Buffer.from('a\0b').toString('base64')] },
        },
      },
    });
  });

  it('gives back any bytes', () => {
    const value = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const decoded = decode('cn=a', [ID, ['x', values]]);
        if (!('entry' in decoded)) throw new Error('the entry was rejected');
        const back = decoded.entry.attributes.x;
        const raw = Array.isArray(back)
          ? back.map((each) => Buffer.from(each))
          : back?.binary.map((each) => Buffer.from(each, 'base64'));
        expect(raw).toEqual(values);
      }),
    );
  });

  it('drops secrets and sets what changes all the time aside', () => {
    const decoded = decode('cn=a', [ID, ['userPassword', ['x']], ['memberOf', ['cn=g']], ['cn', ['a']]]);
    expect(decoded).toMatchObject({
      entry: { attributes: { entryUUID: ['id-1'], cn: ['a'] }, sideAttributes: { memberOf: ['cn=g'] } },
    });
    expect(JSON.stringify(decoded)).not.toContain('userPassword');
  });

  it.each([
    [
      'nsUniqueId before ibm-entryUUID',
      [
        ['ibm-entryUUID', ['b']],
        ['nsUniqueId', ['a']],
      ],
      'a',
    ],
    [
      'entryUUID before all',
      [
        ['nsUniqueId', ['a']],
        ['entryUUID', ['c']],
      ],
      'c',
    ],
    [
      'the bytes of an eDirectory GUID',
      [['GUID', [Buffer.from('00112233445566778899aabbccddeeff', 'hex')]]],
      '00112233-4455-6677-8899-aabbccddeeff',
    ],
    ['the configured attribute at last', [['employeeNumber', ['77']]], '77'],
  ] as [string, [string, Values][], string][])('takes as id %s', (_what, attributes, expected) => {
    expect(decode('cn=a', attributes)).toMatchObject({ entry: { sourceId: expected } });
  });

  it.each([
    ['without an id', 'cn=a', [['cn', ['a']]], 'no_id'],
    ['whose id has two values', 'cn=a', [['employeeNumber', ['1', '2']]], 'no_id'],
    ['whose DN is malformed', 'nonsense', [ID], 'undecodable'],
  ] as [string, string, [string, Values][], string][])(
    'rejects an entry %s',
    (_what, dn, attributes, code) => {
      expect(decode(dn, attributes)).toMatchObject({ rejected: { code, distinguishedName: dn } });
    },
  );

  it('rejects an entry whose DN is not UTF-8', () => {
    expect(decode(Buffer.from([0x63, 0x6e, 0x3d, 0xff]), [ID])).toMatchObject({
      rejected: { code: 'undecodable', distinguishedName: null },
    });
  });

  it('takes members from the first attribute that has them, and leaves them out of the attributes', () => {
    const decoded = decode(
      'cn=g',
      [ID, ['memberUid', ['bob']], ['member', ['cn=a']], ['cn', ['g']]],
      'group',
    );
    expect(decoded).toMatchObject({
      entry: {
        memberAttribute: 'member',
        memberValues: ['cn=a'],
        attributes: { memberUid: ['bob'], cn: ['g'] },
      },
    });
    expect(JSON.stringify(decoded)).not.toContain('"member":');
  });

  it.each([
    ['posixGroup', 'memberUid'],
    ['groupOfUniqueNames', 'uniqueMember'],
    ['groupOfNames', 'member'],
  ])('knows the member attribute of an empty %s', (objectClass, attribute) => {
    expect(decode('cn=g', [ID, ['objectClass', [objectClass]]], 'group')).toMatchObject({
      entry: { memberAttribute: attribute, memberValues: [] },
    });
  });

  it('ends the read when members come in portions', () => {
    expect(() => decode('cn=g', [ID, ['member;range=0-1499', ['cn=a']]], 'group')).toThrow(
      expect.objectContaining({ code: 'source_error' }),
    );
  });
});
