// Writes the messages in which a server sends entries, byte by byte as a test wants them.
import { BerWriter } from 'ldapts';

/** The values of one attribute. */
export type Values = (string | Buffer)[];

/** A SearchResultEntry message (RFC 4511 section 4.5.2). */
export function entryMessage(messageId: number, dn: string | Buffer, attributes: [string, Values][]): Buffer {
  const writer = new BerWriter();
  const octets = (value: string | Buffer) => writer.writeBuffer(Buffer.from(value as string), 0x04);
  writer.startSequence();
  writer.writeInt(messageId);
  writer.startSequence(0x64);
  octets(dn);
  writer.startSequence();
  for (const [name, values] of attributes) {
    writer.startSequence();
    writer.writeString(name);
    writer.startSequence(0x31);
    for (const value of values) octets(value);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return Buffer.from(writer.buffer);
}
