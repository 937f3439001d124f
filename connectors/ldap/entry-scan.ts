// Finds an entry's id and digests its bytes, so that only those that changed have to be decoded.
import type { ReadEntry, RejectedEntry } from '../../domain/source-entry.ts';
import type { ScannedId } from '../connector.ts';
import { digestBytes } from '../entry-digest.ts';
import type { AttributeCatalog } from './attribute-catalog.ts';
import { AttributeGuess } from './attribute-guess.ts';
import type { DecodedEntry, EntryReader } from './entry-decoder.ts';
import { classTakesMembers, idText, isBetterId } from './entry-id.ts';
import { BerLength } from './framing.ts';
import { type DecodedValues, decodeFormatted, decodeValues, textOf } from './values.ts';

/** An entry that can be decoded later, or why it cannot be taken. */
export type ScannedEntry = ReadEntry | { rejected: RejectedEntry };

const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const SET = 0x31;

/** An entry by its place in what arrived: the bytes stay where they are, and in memory as long as it does. */
class UndecodedEntry implements ReadEntry {
  readonly sourceId: string;
  readonly objectClass: string;
  readonly digest: string;
  private readonly reader: EntryReader;
  /** The entry alone, as a view: the buffer that it lies in is never written again. */
  private readonly bytes: Buffer;

  constructor(sourceId: string, digest: string, reader: EntryReader, bytes: Buffer) {
    this.sourceId = sourceId;
    this.objectClass = reader.objectClass;
    this.digest = digest;
    this.reader = reader;
    this.bytes = bytes;
  }

  decode(): DecodedEntry {
    return this.reader.decode(this.bytes, 0, this.bytes.length);
  }
}

/** Scans the entries of one class. */
export class EntryScanner {
  private readonly guess: AttributeGuess;
  private readonly reader: EntryReader;
  private readonly rules: string;
  private readonly takesMembers: boolean;
  private readonly length = new BerLength();

  /** @param rules digest of all that decides what `reader`, which has the same catalog, makes of an entry's bytes. */
  constructor(catalog: AttributeCatalog, reader: EntryReader, rules: string) {
    this.guess = new AttributeGuess(catalog);
    this.reader = reader;
    this.rules = rules;
    this.takesMembers = classTakesMembers(reader.objectClass);
  }

  /**
   * Takes one SearchResultEntry (RFC 4511 section 4.5.2). What has no usable id is decoded at once, since only
   * the decoder can say why.
   */
  scan(bytes: Buffer, start: number, end: number): ScannedEntry {
    const content = bytes.subarray(start, end);
    let sourceId = this.findId(content);
    if (sourceId === null) {
      const decoded = this.reader.decode(content, 0, content.length);
      if ('rejected' in decoded) return decoded;
      sourceId = decoded.entry.sourceId;
    }
    return new UndecodedEntry(sourceId, digestBytes(this.rules, content), this.reader, content);
  }

  /** The id and the name of an entry alone; null for what has no usable ones. */
  identify(bytes: Buffer, start: number, end: number): ScannedId | null {
    const content = bytes.subarray(start, end);
    const sourceId = this.findId(content);
    if (sourceId === null) return null;
    const name = this.content(content, 0, content.length, OCTET_STRING);
    const distinguishedName = textOf(content, name, name + this.length.value);
    return distinguishedName === null ? null : { sourceId, distinguishedName };
  }

  /** The id that the decoder would find; null where it finds none, or the bytes are malformed. */
  private findId(bytes: Buffer): string | null {
    try {
      return idText(this.idValues(bytes));
    } catch {
      return null;
    }
  }

  private idValues(bytes: Buffer): DecodedValues | null {
    const { length, guess, takesMembers } = this;
    let best = Number.POSITIVE_INFINITY;
    let id: DecodedValues | null = null;
    let at = this.content(bytes, 0, bytes.length, OCTET_STRING) + length.value;
    at = this.content(bytes, at, bytes.length, SEQUENCE);
    const limit = at + length.value;
    for (let position = 0; at < limit && best > 0; position += 1) {
      const attribute = this.content(bytes, at, limit, SEQUENCE);
      at = attribute + length.value;
      const name = this.content(bytes, attribute, at, OCTET_STRING);
      const nameEnd = name + length.value;
      const traits = guess.traitsOf(bytes, name, nameEnd, position);
      if (traits.place === 'dropped' || !isBetterId(traits, best, takesMembers)) continue;
      const start = this.content(bytes, nameEnd, at, SET);
      // An attribute that came without values is none.
      if (length.value === 0) continue;
      best = traits.idRank;
      const valuesEnd = start + length.value;
      id =
        traits.format === null
          ? decodeValues(bytes, start, valuesEnd, traits.binary)
          : decodeFormatted(bytes, start, valuesEnd, traits.format);
    }
    return id;
  }

  /** Where an element's content begins; its length is in `length.value`. */
  private content(bytes: Buffer, at: number, limit: number, tag: number): number {
    const { length } = this;
    if (bytes[at] !== tag || !length.read(bytes, at + 1, limit)) throw new Error('malformed');
    if (length.next + length.value > limit) throw new Error('malformed');
    return length.next;
  }
}
