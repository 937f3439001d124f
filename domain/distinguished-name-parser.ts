// Reads distinguished names as RFC 4514 writes them, and as older servers do (RFC 2253 section 4).
import { AppError } from './app-error.ts';

/** One attribute type and value of an RDN: `value` is unescaped text, or `#` and hex digits for what is no text. */
export interface NamePart {
  type: string;
  value: string;
  /** True when `value` is the BER encoding in hex, because it could not be read as text. */
  encoded: boolean;
}

/** A relative distinguished name: one part, or several joined by `+`. */
export type RelativeName = NamePart[];

const TYPE = /\s*(?:oid\.)?([a-z][a-z0-9-]*(?:;[a-z0-9-]+)*|\d+(?:\.\d+)*)\s*=/iy;
const HEX_PAIR = /^[0-9a-f]{2}$/i;
const HEX_VALUE = /\s*#((?:[0-9a-f]{2})+)\s*(?=[,;+]|$)/iy;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function malformed(dn: string, reason: string): AppError {
  const shown = dn.length > 200 ? `${dn.slice(0, 200)}…` : dn;
  return new AppError('invalid_request', `'${shown}' is not a distinguished name: ${reason}.`);
}

/** Collects the characters and escaped bytes of one value; bytes side by side are UTF-8 together. */
class ValueText {
  private text = '';
  private bytes: number[] = [];
  /** Length of the text up to and including the last character that is no plain space. */
  private kept = 0;

  addText(character: string, significant: boolean): void {
    this.flush();
    this.text += character;
    if (significant) this.kept = this.text.length;
  }

  addByte(byte: number): void {
    this.bytes.push(byte);
  }

  flush(): void {
    if (this.bytes.length === 0) return;
    this.text += strictUtf8.decode(Uint8Array.from(this.bytes));
    this.bytes = [];
    this.kept = this.text.length;
  }

  finish(): string {
    this.flush();
    return this.text.slice(0, this.kept);
  }
}

/** The text of a BER value (`04024869` is `Hi`), or null where it is no text in UTF-8. */
function textOfEncoding(hex: string): string | null {
  const bytes = Buffer.from(hex, 'hex');
  const tag = bytes[0];
  const length = bytes[1];
  // OCTET STRING, UTF8String, NumericString, PrintableString, IA5String, in the short form of the length.
  if (tag === undefined || ![0x04, 0x0c, 0x12, 0x13, 0x16].includes(tag)) return null;
  if (length === undefined || length > 0x7f || bytes.length !== length + 2) return null;
  try {
    return strictUtf8.decode(bytes.subarray(2));
  } catch {
    return null;
  }
}

/** Reads one DN from left to right. */
class NameReader {
  private readonly dn: string;
  private at = 0;

  constructor(dn: string) {
    this.dn = dn;
  }

  read(): RelativeName[] {
    if (this.dn.trim() === '') return [];
    const names: RelativeName[] = [];
    for (;;) {
      const name: RelativeName = [this.readPart()];
      while (this.dn[this.at] === '+') {
        this.at += 1;
        name.push(this.readPart());
      }
      names.push(name);
      if (this.at >= this.dn.length) return names;
      this.at += 1;
    }
  }

  private readPart(): NamePart {
    TYPE.lastIndex = this.at;
    const type = TYPE.exec(this.dn);
    if (type === null) {
      throw malformed(this.dn, `an attribute type and '=' are expected at position ${this.at + 1}`);
    }
    this.at = TYPE.lastIndex;
    HEX_VALUE.lastIndex = this.at;
    const hex = HEX_VALUE.exec(this.dn)?.[1]?.toLowerCase();
    if (hex !== undefined) {
      this.at = HEX_VALUE.lastIndex;
      const text = textOfEncoding(hex);
      return { type: type[1] as string, value: text ?? `#${hex}`, encoded: text === null };
    }
    return { type: type[1] as string, value: this.readValue(), encoded: false };
  }

  private readValue(): string {
    while (this.dn[this.at] === ' ') this.at += 1;
    const value = new ValueText();
    try {
      if (this.dn[this.at] === '"') this.readQuoted(value);
      else this.readPlain(value);
      return value.finish();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw malformed(this.dn, `the escaped bytes before position ${this.at + 1} are not UTF-8`);
    }
  }

  private readPlain(value: ValueText): void {
    for (;;) {
      const character = this.dn[this.at];
      if (character === undefined || character === ',' || character === ';' || character === '+') return;
      if (character === '"') throw malformed(this.dn, `a quote at position ${this.at + 1} must be escaped`);
      if (character === '\\') this.readEscape(value);
      else {
        value.addText(character, character !== ' ');
        this.at += 1;
      }
    }
  }

  private readQuoted(value: ValueText): void {
    this.at += 1;
    while (this.dn[this.at] !== '"') {
      const character = this.dn[this.at];
      if (character === undefined) throw malformed(this.dn, 'a quoted value does not end');
      if (character === '\\') this.readEscape(value);
      else {
        value.addText(character, true);
        this.at += 1;
      }
    }
    this.at += 1;
    while (this.dn[this.at] === ' ') this.at += 1;
    if (this.at < this.dn.length && !',;+'.includes(this.dn[this.at] as string)) {
      throw malformed(this.dn, `text follows a quoted value at position ${this.at + 1}`);
    }
  }

  private readEscape(value: ValueText): void {
    const pair = this.dn.slice(this.at + 1, this.at + 3);
    if (HEX_PAIR.test(pair)) {
      value.addByte(Number.parseInt(pair, 16));
      this.at += 3;
      return;
    }
    // RFC 4514 names the characters that may be escaped by themselves; servers escape others too.
    const character = this.dn.codePointAt(this.at + 1);
    if (character === undefined) throw malformed(this.dn, 'it ends with a backslash');
    const text = String.fromCodePoint(character);
    value.addText(text, true);
    this.at += 1 + text.length;
  }
}

/**
 * Reads a distinguished name (RFC 4514 section 3); also `;` between names, quoted values and `OID.` before a
 * number as in RFC 2253 section 4. The name of the root is an empty list. A leading or trailing space counts
 * when it is escaped or quoted.
 * @throws AppError `invalid_request` that says where it is malformed.
 */
export function parseDistinguishedName(dn: string): RelativeName[] {
  return new NameReader(dn).read();
}
