// Runs a domain controller in a network namespace of its own, and lets in who connects outside of it.
// Started by samba-process.ts through `unshare --net`: listening sockets that are handed over keep the network they
// were made in, while what is dialled here is dialled in the new one.
import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';

const READY_TIMEOUT_MS = 30_000;
const [directory = '', ...samba] = process.argv.slice(2);

execFileSync('ip', ['link', 'set', 'lo', 'up']);
// It ends when its input does, which is when this process does, however it does.
const child = spawn('samba', samba, { stdio: ['pipe', 'ignore', 'inherit'] });
child.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once('exit', (code) => process.exit(code ?? 1));

function stop(): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 3_000).unref();
}

process.on('SIGTERM', stop);
// Whoever started this was killed: nothing of the server is left behind.
process.on('disconnect', () => {
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  stop();
});
process.on('message', (message: { port: number }, server: Server) => {
  server.on('connection', (outer) => {
    const inner = connect(message.port, '127.0.0.1');
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
});

async function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answered = await promise;
  socket.destroy();
  return answered;
}

const deadline = Date.now() + READY_TIMEOUT_MS;
while (!((await answers(389)) && (await answers(636)))) {
  if (Date.now() > deadline) {
    console.error('it does not answer');
    stop();
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.send?.('ready');
