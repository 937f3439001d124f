// Runs once after all tests: ends the servers that global-setup.ts started.

/** Called by Jest. */
export async function tearDown(): Promise<void> {
  await globalThis.identityCenterTestServers?.stop();
  globalThis.identityCenterTestServers = undefined;
}

// biome-ignore lint/style/noDefaultExport: Jest takes the tear-down from the default export.
export default tearDown;
