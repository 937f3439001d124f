// LDIF (RFC 2849) as the benchmarks need it: writing attribute lines, and reading what ldapsearch wrote.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One `attribute: value` line, base64 where RFC 2849's SAFE-STRING would not hold the value. */
export function ldifLine(attribute: string, value: string | Buffer): string {
  if (typeof value === 'string' && isSafeString(value)) return `${attribute}: ${value}\n`;
  return `${attribute}:: ${Buffer.from(value as string).toString('base64')}\n`;
}

function isSafeString(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SAFE-CHAR is defined by control characters
  return /^(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )$/.test(value);
}

/** Escapes an attribute value for a distinguished name (RFC 4514, section 2.4). */
export function escapeDnValue(value: string): string {
  return value.replace(/[\\",+;<>=]|^[ #]| $/g, (character) => `\\${character}`);
}

export interface LdifEntry {
  dn: string;
  /** Attribute → values; a value that LDIF holds in base64 and that is no UTF-8 stays base64. */
  attributes: Record<string, string[]>;
}

/** The entries of an LDIF file, one at a time. */
export async function* readLdif(file: string): AsyncGenerator<LdifEntry> {
  let entry: LdifEntry | undefined;
  for await (const line of unfoldedLines(file)) {
    const colon = line.indexOf(':');
    if (colon <= 0) {
      if (entry) yield entry;
      entry = undefined;
      continue;
    }
    const name = line.slice(0, colon);
    const encoded = line[colon + 1] === ':';
    const value = encoded ? decoded(line.slice(colon + 3)) : line.slice(colon + 2);
    if (name === 'dn') entry = { dn: value, attributes: {} };
    else if (entry && !name.startsWith('#')) {
      const values = entry.attributes[name];
      if (values) values.push(value);
      else entry.attributes[name] = [value];
    }
  }
  if (entry) yield entry;
}

function decoded(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) && !text.includes('\0') ? text : base64;
}

async function* unfoldedLines(file: string): AsyncGenerator<string> {
  let pending: string | undefined;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.startsWith(' ') && pending !== undefined) {
      pending += line.slice(1);
      continue;
    }
    if (pending !== undefined) yield pending;
    pending = line;
  }
  if (pending !== undefined) yield pending;
}
