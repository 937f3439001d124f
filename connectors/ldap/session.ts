// One LDAP connection: sends requests and hands over answers as they arrive. ldapts writes and reads every
// message but search entries, whose bytes go to the caller's decoder: its own client collects entries in
// objects of three steps each, drops the cookie of an empty page, and takes twice as long (docs/connectors.md).
import type { Socket } from 'node:net';
import {
  AbandonRequest,
  ExtendedResponse,
  type Message,
  MessageParser,
  type MessageResponse,
  ProtocolOperation,
  SearchReference,
  UnbindRequest,
} from 'ldapts';
import { AppError } from '../../domain/app-error.ts';
import { connectionError } from '../dial.ts';
import { MessageFramer } from './framing.ts';
import { type EntryDecoder, type SearchBatch, SearchResults } from './search-results.ts';

/** A search that is going on. */
export interface SearchOperation<T> {
  /** The next part of the results; after the one that has `result` there is none. */
  next(): Promise<SearchBatch<T>>;
  /** Tells the server to stop; whatever still comes is dropped. */
  abandon(): void;
}

interface Operation {
  message: Message;
  timeoutMs: number;
  timer: NodeJS.Timeout;
  entry(bytes: Buffer, start: number, end: number): void;
  settle(response: MessageResponse): void;
  fail(error: unknown): void;
}

const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';

export class LdapSession {
  private socket: Socket;
  private readonly target: string;
  private readonly parser = new MessageParser();
  private readonly framer: MessageFramer;
  private readonly operations = new Map<number, Operation>();
  /** The same operations as ldapts's parser looks them up, for the controls of their requests. */
  private readonly messages = new Map<string, { message: Message }>();
  private lastId = 0;
  private failure: unknown;
  private paused = false;
  /** How often something arrived. */
  private received = 0;

  /** @param target `host:port`, for messages. */
  constructor(socket: Socket, target: string) {
    this.socket = socket;
    this.target = target;
    this.framer = new MessageFramer((bytes, frame) => {
      const operation = this.operations.get(frame.messageId);
      if (frame.operation === ProtocolOperation.LDAP_RES_SEARCH_ENTRY) {
        operation?.entry(bytes, frame.contentStart, frame.contentEnd);
      } else if (frame.operation !== INTERMEDIATE_RESPONSE) {
        this.parser.read(bytes.subarray(frame.start, frame.end), this.messages);
      }
    });
    this.parser.on('message', (message) => this.receive(message));
    this.parser.on('error', (cause) => this.fail(this.unreadable(cause)));
    this.attach();
  }

  private attach(): void {
    this.socket.on('data', this.onData);
    this.socket.on('error', this.onError);
    this.socket.on('close', this.onClose);
  }

  private detach(): void {
    this.socket.off('data', this.onData).off('error', this.onError).off('close', this.onClose);
  }

  private readonly onData = (data: Buffer): void => {
    this.received += 1;
    for (const { timer } of this.operations.values()) timer.refresh();
    try {
      this.framer.push(data);
    } catch (cause) {
      this.fail(cause instanceof AppError ? cause : this.unreadable(cause));
    }
  };

  private readonly onError = (error: NodeJS.ErrnoException): void => {
    this.fail(connectionError(error, this.target));
  };

  private readonly onClose = (): void => {
    this.fail(new AppError('connection_lost', `${this.target} closed the connection.`));
  };

  private unreadable(cause: unknown): AppError {
    return new AppError('source_error', `${this.target} sent something that is not LDAP.`, { cause });
  }

  /** False once the connection is gone; a session is not opened again. */
  get isOpen(): boolean {
    return this.failure === undefined;
  }

  /** Ends the connection; whatever is going on fails with `error`. */
  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.detach();
    this.socket.on('error', () => undefined);
    this.socket.destroy();
    const open = [...this.operations.values()];
    this.operations.clear();
    this.messages.clear();
    for (const operation of open) {
      clearTimeout(operation.timer);
      operation.fail(error);
    }
  }

  /** Says goodbye and ends the connection. */
  close(): void {
    if (this.failure !== undefined) return;
    this.lastId += 1;
    this.socket.write(new UnbindRequest({ messageId: this.lastId }).write());
    this.failure = new AppError('connection_lost', 'The connection was closed here.');
    this.detach();
    this.socket.on('error', () => undefined);
    this.socket.destroySoon();
    for (const operation of this.operations.values()) {
      clearTimeout(operation.timer);
      operation.fail(this.failure);
    }
    this.operations.clear();
    this.messages.clear();
  }

  /** Hands the bare socket to `upgrade` and goes on with the one it returns (StartTLS). */
  async replaceSocket(upgrade: (socket: Socket) => Promise<Socket>): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    // Whatever came unencrypted behind the answer to StartTLS was not sent by the server.
    if (this.framer.hasRest)
      throw new AppError('tls_failed', `${this.target} sent data before TLS was set up.`);
    this.detach();
    try {
      this.socket = await upgrade(this.socket);
    } catch (error) {
      this.failure = error;
      throw error;
    }
    this.attach();
  }

  /** Sends a request and waits for its one answer, at most `timeoutMs`. */
  request(message: Message, timeoutMs: number): Promise<MessageResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<MessageResponse>();
    this.send(message, timeoutMs, { entry: () => undefined, settle: resolve, fail: reject });
    return promise;
  }

  /** Starts a search; it fails when nothing at all arrives for `timeoutMs`. */
  search<T>(message: Message, decode: EntryDecoder<T>, timeoutMs: number): SearchOperation<T> {
    const results = new SearchResults(decode);
    this.send(message, timeoutMs, {
      entry: (bytes, start, end) => {
        results.entry(bytes, start, end);
        if (results.isFull && !this.paused) this.pause(message.messageId);
      },
      settle: (response) => results.settle(response),
      fail: (error) => results.fail(error),
    });
    return {
      next: async () => {
        const batch = await results.take();
        if (this.paused && !results.isFull) this.resume();
        return batch;
      },
      abandon: () => this.abandon(message.messageId),
    };
  }

  private abandon(id: number): void {
    const operation = this.operations.get(id);
    if (operation === undefined) return;
    clearTimeout(operation.timer);
    this.operations.delete(id);
    this.messages.delete(String(id));
    this.lastId += 1;
    this.socket.write(new AbandonRequest({ messageId: this.lastId, abandonId: id }).write());
    if (this.paused) this.resume();
  }

  private send(
    message: Message,
    timeoutMs: number,
    handlers: Pick<Operation, 'entry' | 'settle' | 'fail'>,
  ): void {
    if (this.failure !== undefined) {
      handlers.fail(this.failure);
      return;
    }
    this.lastId += 1;
    message.messageId = this.lastId;
    const timer = setTimeout(() => {
      const { received } = this;
      // What waits in the socket while this process was busy comes before the check phase: only then is it silence.
      setImmediate(() => {
        if (!this.operations.has(message.messageId)) return;
        // While the socket is not read, nothing can arrive: that is the caller's pace, not the server's.
        if (this.paused || received !== this.received) timer.refresh();
        else this.fail(new AppError('timeout', `${this.target} sent nothing for ${timeoutMs} ms.`));
      });
    }, timeoutMs);
    this.operations.set(message.messageId, { message, timeoutMs, timer, ...handlers });
    this.messages.set(String(message.messageId), { message });
    this.socket.write(message.write());
  }

  private receive(response: MessageResponse): void {
    if (response.messageId === 0) {
      this.receiveUnsolicited(response);
      return;
    }
    const operation = this.operations.get(response.messageId);
    if (operation === undefined) return;
    if (!(response instanceof SearchReference)) {
      clearTimeout(operation.timer);
      this.operations.delete(response.messageId);
      this.messages.delete(String(response.messageId));
    }
    operation.settle(response);
  }

  private receiveUnsolicited(response: MessageResponse): void {
    if (!(response instanceof ExtendedResponse) || response.oid !== NOTICE_OF_DISCONNECTION) return;
    this.fail(
      new AppError(
        'connection_lost',
        `${this.target} ended the connection by itself (result code ${response.status}).`,
      ),
    );
  }

  private pause(messageId: number): void {
    if (!this.operations.has(messageId)) return;
    this.paused = true;
    this.socket.pause();
  }

  private resume(): void {
    this.paused = false;
    for (const operation of this.operations.values()) operation.timer.refresh();
    this.socket.resume();
  }
}

const INTERMEDIATE_RESPONSE = 0x79;

/** Ends the session when the signal says so; the returned function takes the watch off again. */
export function failOnAbort(session: LdapSession, signal: AbortSignal): () => void {
  const abort = () => session.fail(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
