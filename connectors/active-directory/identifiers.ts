// The ids of Active Directory in the forms that people and filters use.
import type { ReferenceKey } from '../../domain/source-entry.ts';

const GUID_REFERENCE = /^<GUID=([0-9a-f-]{36})>$/i;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A GUID's text: its first three groups are little-endian in the bytes (MS-DTYP section 2.3.4.2), the text is in
 * lower case and without braces. Null for what is not sixteen bytes.
 */
export function guidText(bytes: Buffer): string | null {
  if (bytes.length !== 16) return null;
  const groups = [
    bytes.readUInt32LE(0).toString(16).padStart(8, '0'),
    bytes.readUInt16LE(4).toString(16).padStart(4, '0'),
    bytes.readUInt16LE(6).toString(16).padStart(4, '0'),
    bytes.toString('hex', 8, 10),
    bytes.toString('hex', 10, 16),
  ];
  return groups.join('-');
}

/** The bytes of a GUID's text as a filter writes them; null for what is no GUID. */
export function guidInFilter(guid: string): string | null {
  if (!GUID.test(guid)) return null;
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes.toString('hex').replace(/../g, '\\$&');
}

/** A SID's text (MS-DTYP section 2.4.2.1): `S-1-5-21-…`. Null for what is none. */
export function sidText(bytes: Buffer): string | null {
  const count = bytes[1];
  if (count === undefined || bytes.length !== 8 + 4 * count) return null;
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ['S', bytes[0], bytes.readUIntBE(2, 6), ...parts].join('-');
}

/** A SID's domain and the number (RID) of an account in it. */
export function splitSid(sid: string): { domain: string; rid: string } {
  const at = sid.lastIndexOf('-');
  return { domain: sid.slice(0, at), rid: sid.slice(at + 1) };
}

/** How a member is named by its GUID: a form of DN that Active Directory itself takes (MS-ADTS section 3.1.1.3.1.2.4). */
export function guidReference(guid: string): string {
  return `<GUID=${guid}>`;
}

/** The key of such a name; null for other names. */
export function guidReferenceKey(value: string): ReferenceKey | null {
  const guid = GUID_REFERENCE.exec(value)?.[1];
  return guid === undefined ? null : `id:${guid.toLowerCase()}`;
}
