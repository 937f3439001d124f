// A reverse proxy before the API that lets everything through but streams of events: it refuses or cuts those.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StreamBreaker {
  url: string;
  /** What becomes of streams from now on: `cut` lets the first event through. */
  streams: 'refused' | 'dropped' | 'cut';
  /** How many were asked for. */
  asked: number;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startStreamBreaker(target: string): Promise<StreamBreaker> {
  const server = createServer((incoming, outgoing) => {
    const isStream = incoming.url?.endsWith('/events') ?? false;
    if (isStream) breaker.asked += 1;
    if (isStream && breaker.streams === 'refused') outgoing.writeHead(404).end('{}');
    else if (isStream && breaker.streams === 'dropped') incoming.socket.destroy();
    else forward(incoming, outgoing, target, isStream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breaker: StreamBreaker = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams: 'refused',
    asked: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return breaker;
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: string, cuts: boolean): void {
  const { method, headers, url = '/' } = incoming;
  const upstream = request(new URL(url, target), { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => outgoing.destroy());
    answer.on('data', (chunk) => {
      const isEvent = cuts && String(chunk).includes('data:');
      outgoing.write(chunk, () => isEvent && outgoing.destroy());
    });
    answer.on('end', () => outgoing.end());
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}
