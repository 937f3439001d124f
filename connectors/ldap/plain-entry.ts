// Decodes the few entries that are read for what they say of the server, by ldapts's own reader.
import { BerReader, SearchEntry } from 'ldapts';

/** Lower-case attribute name → values; values that are no text are left out. */
export function readPlainEntry(bytes: Buffer, start: number, end: number): Map<string, string[]> {
  const entry = new SearchEntry({ messageId: 0 });
  entry.parseMessage(new BerReader(bytes.subarray(start, end)));
  const attributes = new Map<string, string[]>();
  for (const { type, values } of entry.attributes) {
    attributes.set(
      type.toLowerCase(),
      values.filter((value) => typeof value === 'string'),
    );
  }
  return attributes;
}
