// A TCP server that accepts connections and says nothing by itself.
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface SilentServer {
  /** `127.0.0.1:port` */
  target: string;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1; `accept` may answer what comes. */
export async function startSilentServer(
  accept: (socket: Socket) => void = () => undefined,
): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
