// Finds what is known of an attribute by its name's bytes, without making a string of them for every entry.
import type { AttributeCatalog, AttributeTraits } from './attribute-catalog.ts';

/**
 * Remembers the attributes of the entry before, by position: most entries have the same ones in the same order.
 * A guess is compared byte by byte, so that a wrong one only costs time. Who reads entries in another order
 * should have one of their own.
 */
export class AttributeGuess {
  private readonly catalog: AttributeCatalog;
  private readonly before: { name: Buffer; traits: AttributeTraits }[] = [];

  constructor(catalog: AttributeCatalog) {
    this.catalog = catalog;
  }

  /** The traits of the name between two offsets; `position` counts the entry's attributes. */
  traitsOf(bytes: Buffer, start: number, end: number, position: number): AttributeTraits {
    const guess = this.before[position];
    if (guess !== undefined && guess.name.length === end - start) {
      const { name } = guess;
      let at = 0;
      while (at < name.length && name[at] === bytes[start + at]) at += 1;
      if (at === name.length) return guess.traits;
    }
    const traits = this.catalog.traits(bytes.toString('latin1', start, end));
    this.before[position] = { name: Buffer.from(bytes.subarray(start, end)), traits };
    return traits;
  }
}
