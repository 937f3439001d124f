// A TCP proxy before a server that lets so many bytes of an answer through and then cuts it off, or sends no more.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FailingProxy {
  url: string;
  /** Whether an answer is being held back. */
  isStalling(): boolean;
  /** Lets everything through from now on. */
  resume(): void;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startFailingProxy(
  target: string,
  failure: { afterBytes: number; by: 'cutting' | 'stalling' },
): Promise<FailingProxy> {
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
    client.pipe(upstream);
    let passed = 0;
    upstream.on('data', (chunk) => {
      passed += chunk.length;
      client.write(chunk);
      if (passed < failure.afterBytes || resumed) return;
      if (failure.by === 'stalling') stalled.push(upstream.pause());
      else client.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isStalling: () => stalled.length > 0 && !resumed,
    resume() {
      resumed = true;
      for (const socket of stalled) socket.resume();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
