// Cuts the byte stream of a connection into LDAP messages (RFC 4511 section 5.1), without copying whole ones.
import { AppError } from '../../domain/app-error.ts';

/** One message: where it lies in the bytes, its id, its operation's tag and where that one's content lies. */
export interface Frame {
  start: number;
  end: number;
  messageId: number;
  operation: number;
  contentStart: number;
  contentEnd: number;
}

/** A single message (one entry) beyond this many bytes is refused: it would not fit into memory several times over. */
const MAX_MESSAGE_BYTES = 256 << 20;

const SEQUENCE = 0x30;
const INTEGER = 0x02;

function malformed(): AppError {
  return new AppError('source_error', 'The server sent something that is not LDAP.');
}

/** Reads BER lengths; after `read`, `value` is the length and `next` where the content begins. */
export class BerLength {
  value = 0;
  next = 0;

  /** False when the bytes end before the length does. */
  read(bytes: Buffer, at: number, limit: number): boolean {
    const first = bytes[at];
    if (first === undefined || at >= limit) return false;
    if (first < 0x80) {
      this.value = first;
      this.next = at + 1;
      return true;
    }
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw malformed();
    if (at + 1 + count > limit) return false;
    let value = 0;
    for (let index = 1; index <= count; index += 1) value = value * 256 + (bytes[at + index] as number);
    this.value = value;
    this.next = at + 1 + count;
    return true;
  }
}

/** What it delivers lies in buffers that nobody writes again, so that views of them may be kept. */
export class MessageFramer {
  private readonly deliver: (bytes: Buffer, frame: Frame) => void;
  private chunks: Buffer[] = [];
  private size = 0;
  /** How many bytes must be there before it is worth looking again. */
  private needed = 2;
  private readonly length = new BerLength();

  constructor(deliver: (bytes: Buffer, frame: Frame) => void) {
    this.deliver = deliver;
  }

  /** Whether part of a message is waiting for its rest. */
  get hasRest(): boolean {
    return this.size > 0;
  }

  /**
   * Takes what arrived and delivers the messages that are complete.
   * @throws AppError `source_error` when it is no LDAP.
   */
  push(data: Buffer): void {
    this.chunks.push(data);
    this.size += data.length;
    if (this.size < this.needed) return;
    const bytes = this.chunks.length === 1 ? data : Buffer.concat(this.chunks, this.size);
    this.chunks = [];
    this.size = 0;
    let at = 0;
    for (;;) {
      const end = this.endOfMessage(bytes, at);
      if (end < 0) break;
      this.deliverOne(bytes, at, end);
      at = end;
    }
    if (at < bytes.length) {
      const rest = bytes.subarray(at);
      this.chunks = [rest];
      this.size = rest.length;
    }
  }

  /** Where the message that begins at `at` ends, or -1 when it is not all there. */
  private endOfMessage(bytes: Buffer, at: number): number {
    this.needed = 2;
    if (at >= bytes.length) return -1;
    if (bytes[at] !== SEQUENCE) throw malformed();
    if (!this.length.read(bytes, at + 1, bytes.length)) {
      this.needed = bytes.length - at + 1;
      return -1;
    }
    if (this.length.value > MAX_MESSAGE_BYTES) {
      throw new AppError(
        'source_error',
        'The server sent an entry of more than 256 MiB, which cannot be read.',
      );
    }
    const end = this.length.next + this.length.value;
    if (end <= bytes.length) return end;
    this.needed = end - at;
    return -1;
  }

  private deliverOne(bytes: Buffer, start: number, end: number): void {
    const { length } = this;
    let at = length.next;
    if (bytes[at] !== INTEGER || !length.read(bytes, at + 1, end)) throw malformed();
    at = length.next;
    let messageId = 0;
    for (let index = 0; index < length.value; index += 1)
      messageId = messageId * 256 + (bytes[at + index] as number);
    at += length.value;
    const operation = bytes[at];
    if (operation === undefined || !length.read(bytes, at + 1, end)) throw malformed();
    const contentEnd = length.next + length.value;
    if (contentEnd > end) throw malformed();
    this.deliver(bytes, { start, end, messageId, operation, contentStart: length.next, contentEnd });
  }
}
