// Starts a bare server in a process of its own and waits until it answers.
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../tools/free-port.ts';
import { startProcess } from './child-process.ts';
import { endWith } from './clean-up.ts';
import type { LoadedServer } from './load-server.ts';

/** @param bare its script, what it reads from the environment beside DATABASE_URL and PORT, and its log file. */
export async function startBareServer(
  bare: { script: string; environment: Record<string, string>; log: string },
  databaseUrl: string,
  stack: AsyncDisposableStack,
): Promise<LoadedServer & { pid: number }> {
  const port = await freePort();
  const environment = { DATABASE_URL: databaseUrl, PORT: String(port), ...bare.environment };
  const server = startProcess(bare.script, { environment, log: bare.log });
  await endWith(stack, () => server.stop());
  const baseUrl = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  for (;;) {
    await server.assertRunning();
    const answered = await fetch(baseUrl).then(
      () => true,
      () => false,
    );
    if (answered) return { baseUrl, headers: {}, pid: server.pid };
    if (Date.now() > deadline) throw new Error('the bare server did not answer');
    await sleep(50);
  }
}
