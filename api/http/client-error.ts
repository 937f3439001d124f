// Answers what is no HTTP request, which no route ever sees, in the shape of every error.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Node's codes for what it refuses, with the status and the sentence of the answer. */
const ANSWERS: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, "The request's line and headers have at most 16 KiB."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/** For a server's `clientError`; nothing of what was sent is repeated. */
export function answerClientError(error: Error, socket: Duplex): void {
  const { code = '' } = error as NodeJS.ErrnoException;
  // As Node itself does it: no second answer into one that is on its way.
  const { _httpMessage: answering } = socket as { _httpMessage?: { headersSent: boolean } };
  if (!socket.writable || code === 'ECONNRESET' || answering?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, message] = ANSWERS[code] ?? [400, 'This is not a valid HTTP request.'];
  const reason = STATUS_CODES[status] ?? 'Error';
  const details = status === 400 ? { details: [] } : {};
  const body = JSON.stringify({ error: reason, message, statusCode: status, ...details });
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
