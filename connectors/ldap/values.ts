// Decodes attribute values: text as it was sent, anything else exactly, in base64.
import type { AttributeValues } from '../../domain/source-entry.ts';

export type DecodedValues = AttributeValues;

/** Turns a binary value into the text that people know it by (a SID, a GUID); null for what cannot be one. */
export type ValueFormat = (value: Buffer) => string | null;

const OCTET_STRING = 0x04;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text in UTF-8 between two offsets; null when it is none, or holds a NUL, which PostgreSQL can't store. */
export function textOf(bytes: Buffer, start: number, end: number): string | null {
  let at = start;
  // Most values are short and ASCII: looking at each byte here costs less than leaving JavaScript to decode.
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === 0) return null;
    if (byte >= 0x80) break;
    at += 1;
  }
  if (at === end) return bytes.toString('latin1', start, end);
  if (bytes.subarray(at, end).includes(0)) return null;
  try {
    return strictUtf8.decode(bytes.subarray(start, end));
  } catch {
    return null;
  }
}

/** The content offsets of each value in a SET OF OCTET STRING, flat: start, end, start, end … */
function valueBounds(bytes: Buffer, start: number, end: number): number[] {
  const bounds: number[] = [];
  let at = start;
  while (at < end) {
    if (bytes[at] !== OCTET_STRING) throw new Error('a value is malformed');
    let length = bytes[at + 1] as number;
    let content = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4) throw new Error('a value is malformed');
      length = 0;
      for (let index = 0; index < count; index += 1)
        length = length * 256 + (bytes[content + index] as number);
      content += count;
    }
    if (!(content + length <= end)) throw new Error('a value is malformed');
    bounds.push(content, content + length);
    at = content + length;
  }
  return bounds;
}

/** Whether there is one value with a length in the short form: most attributes of most entries. */
function isOneShortValue(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start] === OCTET_STRING && end - start - 2 === bytes[start + 1] && end - start < 0x82;
}

function base64Values(bytes: Buffer, bounds: number[]): AttributeValues {
  const binary: string[] = [];
  for (let index = 0; index < bounds.length; index += 2) {
    binary.push(bytes.toString('base64', bounds[index] as number, bounds[index + 1] as number));
  }
  return { binary };
}

/**
 * The values between two offsets, in the server's order. One value that is no text makes all of the
 * attribute's values binary, so that an attribute has one kind.
 * @throws Error when the bytes are no SET OF OCTET STRING.
 */
export function decodeValues(bytes: Buffer, start: number, end: number, binary: boolean): DecodedValues {
  if (!binary && isOneShortValue(bytes, start, end)) {
    const text = textOf(bytes, start + 2, end);
    // A list that is written out takes no more room than it has values, unlike one that grows.
    if (text !== null) return [text];
  }
  const bounds = valueBounds(bytes, start, end);
  if (binary) return base64Values(bytes, bounds);
  const texts: string[] = [];
  for (let index = 0; index < bounds.length; index += 2) {
    const text = textOf(bytes, bounds[index] as number, bounds[index + 1] as number);
    if (text === null) return base64Values(bytes, bounds);
    texts.push(text);
  }
  return texts;
}

/**
 * The values of an attribute whose binary values have a text form.
 * @throws Error when the bytes are no SET OF OCTET STRING.
 */
export function decodeFormatted(
  bytes: Buffer,
  start: number,
  end: number,
  format: ValueFormat,
): DecodedValues {
  const bounds = valueBounds(bytes, start, end);
  const texts: string[] = [];
  for (let index = 0; index < bounds.length; index += 2) {
    const text = format(bytes.subarray(bounds[index] as number, bounds[index + 1] as number));
    if (text === null) return base64Values(bytes, bounds);
    texts.push(text);
  }
  return texts;
}
