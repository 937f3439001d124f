// A TCP proxy before a server, so that a test can make the server hang or vanish for one client alone.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface PausableProxy {
  port: number;
  /** What is sent is taken and not passed on; new connections get no answer. */
  hang(): void;
  /** New connections are served again; those that hung stay as they are. */
  serveNew(): void;
  /** Connections are cut and new ones refused. */
  vanish(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and passes everything on to `target`. */
export async function startPausableProxy(target: { host: string; port: number }): Promise<PausableProxy> {
  const sockets = new Set<Socket>();
  let hanging = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    if (hanging) return;
    const upstream = connect(target.port, target.host);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const vanish = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port: (server.address() as AddressInfo).port,
    hang() {
      hanging = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    serveNew() {
      hanging = false;
    },
    vanish,
    close: () => (server.listening ? vanish() : Promise.resolve()),
  };
}
