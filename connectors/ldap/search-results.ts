// Keeps the results of a search in parts until the caller takes them, and knows when too many are waiting.
import { type MessageResponse, SearchReference } from 'ldapts';

/**
 * Takes one SearchResultEntry: `bytes` from `start` to `end` hold its content (RFC 4511 section 4.5.2). A view of
 * them may be kept, and keeps all that arrived with them in memory.
 */
export type EntryDecoder<T> = (bytes: Buffer, start: number, end: number) => T;

/** A part of a search's results; `result` comes with the last one. */
export interface SearchBatch<T> {
  items: T[];
  references: string[];
  result: MessageResponse | null;
}

/** Bytes of entries in one part, and in parts nobody has taken yet. */
const BATCH_BYTES = 4 << 20;
const WAITING_BYTES = 8 << 20;

export class SearchResults<T> {
  private readonly decode: EntryDecoder<T>;
  private readonly ready: { batch: SearchBatch<T>; bytes: number }[] = [];
  private current: SearchBatch<T> = { items: [], references: [], result: null };
  private currentBytes = 0;
  private waitingBytes = 0;
  private failure: { error: unknown } | null = null;
  private wake: (() => void) | null = null;

  constructor(decode: EntryDecoder<T>) {
    this.decode = decode;
  }

  /** Whether so much is waiting that nothing more should be read from the server. */
  get isFull(): boolean {
    return this.waitingBytes >= WAITING_BYTES;
  }

  entry(bytes: Buffer, start: number, end: number): void {
    this.current.items.push(this.decode(bytes, start, end));
    this.currentBytes += end - start;
    if (this.currentBytes >= BATCH_BYTES) this.finishBatch();
  }

  settle(response: MessageResponse): void {
    if (response instanceof SearchReference) {
      this.current.references.push(...response.uris);
      return;
    }
    this.current.result = response;
    this.finishBatch();
  }

  fail(error: unknown): void {
    this.failure = { error };
    this.wake?.();
  }

  private finishBatch(): void {
    this.ready.push({ batch: this.current, bytes: this.currentBytes });
    this.waitingBytes += this.currentBytes;
    this.current = { items: [], references: [], result: null };
    this.currentBytes = 0;
    this.wake?.();
  }

  /** The next part, once it is there. @throws whatever the search failed with. */
  async take(): Promise<SearchBatch<T>> {
    for (;;) {
      const next = this.ready.shift();
      if (next !== undefined) {
        this.waitingBytes -= next.bytes;
        return next.batch;
      }
      if (this.failure !== null) throw this.failure.error;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.wake = resolve;
      await promise;
      this.wake = null;
    }
  }
}
