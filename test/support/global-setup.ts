// Runs once before all tests: one PostgreSQL and one Temporal server for the whole run.
import { startTestServers, type TestServers } from './test-servers.ts';

declare global {
  var identityCenterTestServers: TestServers | undefined;
}

/** Called by Jest. Ctrl-C and SIGTERM stop the servers too; after SIGKILL the next run does. */
export async function setUp(): Promise<void> {
  const servers = await startTestServers();
  globalThis.identityCenterTestServers = servers;
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(name, () => void servers.stop().finally(() => process.exit(code)));
  }
  process.once('exit', () => servers.kill());
}

// biome-ignore lint/style/noDefaultExport: Jest takes the set-up from the default export.
export default setUp;
