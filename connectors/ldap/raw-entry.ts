// Reads single attributes of an entry byte for byte, for what a connector itself needs to know of it.
import { BerLength } from './framing.ts';

const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const SET = 0x31;

/**
 * The values of the attributes that `wanted` chooses, by lower-case name, as views of the bytes of one
 * SearchResultEntry (RFC 4511 section 4.5.2).
 * @throws Error when the bytes are none.
 */
export function rawAttributes(
  bytes: Buffer,
  start: number,
  end: number,
  wanted: (name: string) => boolean = () => true,
): Map<string, Buffer[]> {
  const length = new BerLength();
  const content = (at: number, limit: number, tag: number): number => {
    if (bytes[at] !== tag || !length.read(bytes, at + 1, limit) || length.next + length.value > limit)
      throw new Error('malformed');
    return length.next;
  };
  const attributes = new Map<string, Buffer[]>();
  let at = content(start, end, OCTET_STRING) + length.value;
  at = content(at, end, SEQUENCE);
  const limit = at + length.value;
  while (at < limit) {
    const attribute = content(at, limit, SEQUENCE);
    at = attribute + length.value;
    const nameStart = content(attribute, at, OCTET_STRING);
    const nameEnd = nameStart + length.value;
    const name = bytes.toString('latin1', nameStart, nameEnd).toLowerCase();
    if (!wanted(name)) continue;
    const values: Buffer[] = [];
    let value = content(nameEnd, at, SET);
    for (const last = value + length.value; value < last; ) {
      const valueStart = content(value, last, OCTET_STRING);
      value = valueStart + length.value;
      values.push(bytes.subarray(valueStart, value));
    }
    attributes.set(name, values);
  }
  return attributes;
}
