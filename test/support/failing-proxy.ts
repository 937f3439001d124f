// A TCP proxy before a server that lets so many bytes of an answer through and then cuts it off, sends no more, or
// only a little at a time; or that cuts the connection off at a request for something.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FailingProxy {
  url: string;
  /** Whether an answer is being held back. */
  isStalling(): boolean;
  /** How many are. */
  stalling(): number;
  /** Lets everything through from now on. */
  resume(): void;
  /** Fails again, after `resume`. */
  failAgain(): void;
  close(): Promise<void>;
}

/** Counted for each connection by itself. */
export type ProxyFailure =
  | { afterBytes: number; by: 'cutting' | 'stalling' }
  | { afterBytes: number; by: 'trickling'; bytes: number; everyMs: number }
  | { request: string; by: 'cutting' };

/** Listens on a free port of 127.0.0.1. */
export async function startFailingProxy(target: string, failure: ProxyFailure): Promise<FailingProxy> {
  const sockets = new Set<Socket>();
  const stalled: Socket[] = [];
  let resumed = false;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.end());
    if ('request' in failure) {
      upstream.pipe(client);
      client.on('data', (chunk) => {
        if (!resumed && chunk.includes(failure.request)) client.destroy();
        else upstream.write(chunk);
      });
      return;
    }
    client.pipe(upstream);
    let passed = 0;
    upstream.on('data', (chunk) => {
      passed += chunk.length;
      if (passed < failure.afterBytes || resumed) return client.write(chunk);
      if (failure.by === 'trickling') return trickle(chunk, upstream, client, failure);
      client.write(chunk);
      if (failure.by === 'stalling') stalled.push(upstream.pause());
      else client.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isStalling: () => stalled.length > 0 && !resumed,
    stalling: () => (resumed ? 0 : stalled.length),
    resume() {
      resumed = true;
      for (const socket of stalled) socket.resume();
    },
    failAgain() {
      resumed = false;
      stalled.length = 0;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Passes a chunk on in small parts, and asks for the next one when it is through. */
function trickle(
  chunk: Buffer,
  upstream: Socket,
  client: Socket,
  { bytes, everyMs }: { bytes: number; everyMs: number },
): void {
  upstream.pause();
  let at = 0;
  const timer = setInterval(() => {
    if (at < chunk.length && !client.destroyed) {
      client.write(chunk.subarray(at, at + bytes));
      at += bytes;
      return;
    }
    clearInterval(timer);
    upstream.resume();
  }, everyMs);
}
