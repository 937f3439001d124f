// Active Directory's binary forms, by the examples of its specifications and by bytes that a server sent.
import { describe, expect, it } from '@jest/globals';
import { GuidList } from '../../../connectors/active-directory/guid-list.ts';
import {
  guidInFilter,
  guidReferenceKey,
  guidText,
  sidText,
} from '../../../connectors/active-directory/identifiers.ts';
import { domainsOf } from '../../../connectors/active-directory/primary-members.ts';
import { lastWritten, PRIMARY_GROUP_ID } from '../../../connectors/active-directory/replication-metadata.ts';
import { parseGroupType } from '../../../domain/source-values.ts';

const GUID_BYTES = Buffer.from('/71mfcVtW02d53MlFxzjYQ==', 'base64');
const GUID = '7d66bdff-6dc5-4d5b-9de7-7325171ce361';

describe('identifiers of Active Directory', () => {
  it('writes a GUID with its first groups turned round, and back', () => {
    expect(guidText(GUID_BYTES)).toBe(GUID);
    expect(guidInFilter(GUID)).toBe(GUID_BYTES.toString('hex').replace(/../g, '\\$&'));
    expect([guidText(Buffer.alloc(15)), guidInFilter('7d66bdff')]).toEqual([null, null]);
  });

  it('writes a SID', () => {
    const bytes = Buffer.from('AQUAAAAAAAUVAAAAUiGuzC9Q3M46fdZMTwQAAA==', 'base64');
    expect(sidText(bytes)).toBe('S-1-5-21-3433963858-3470544943-1289125178-1103');
    expect(sidText(bytes.subarray(1))).toBeNull();
    expect(sidText(Buffer.alloc(0))).toBeNull();
  });

  it('refers to a member by its GUID in any case', () => {
    expect(guidReferenceKey(`<guid=${GUID.toUpperCase()}>`)).toBe(`id:${GUID}`);
    expect(guidReferenceKey('CN=a,DC=b')).toBeNull();
  });

  it('keeps as many GUIDs as there are', () => {
    const list = new GuidList();
    for (let count = 0; count < 1_000; count += 1) list.add(GUID_BYTES);
    expect(list.references()).toEqual(Array(1_000).fill(`<GUID=${GUID}>`));
    expect(list.content()).toHaveLength(16_000);
  });

  it('finds the domains of bases, each once', () => {
    expect(
      domainsOf(['OU=a\\,DC=x,DC=example,DC=test', 'dc=EXAMPLE,dc=test', 'DC=sub,DC=example,DC=test']),
    ).toEqual(['dc=EXAMPLE,dc=test', 'DC=sub,DC=example,DC=test']);
  });
});

describe('lastWritten', () => {
  it('finds an attribute’s change number', () => {
    const metadata = Buffer.alloc(16 + 2 * 48);
    metadata.writeUInt32LE(1, 0);
    metadata.writeUInt32LE(2, 8);
    metadata.writeUInt32LE(PRIMARY_GROUP_ID, 16 + 48);
    metadata.writeBigUInt64LE(5_699n, 16 + 48 + 40);
    expect(lastWritten(metadata, PRIMARY_GROUP_ID)).toBe(5_699);
    expect(lastWritten(metadata, 3)).toBeNull();
    expect(lastWritten(metadata.subarray(0, 20), PRIMARY_GROUP_ID)).toBeNull();
    expect(lastWritten(undefined, PRIMARY_GROUP_ID)).toBeNull();
  });
});

describe('parseGroupType', () => {
  it.each([
    ['-2147483646', 'security-global'],
    ['-2147483643', 'security-domain-local'],
    ['2147483656', 'security-universal'],
    ['8', 'distribution-universal'],
    ['1', '1'],
    [' project ', 'project'],
  ])('reads %s', (value, type) => {
    expect(parseGroupType(value, 'groupType')).toBe(type);
  });

  it('leaves other attributes as they are', () => {
    expect(parseGroupType('8', 'group_type')).toBe('8');
  });
});
