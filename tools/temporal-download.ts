// Gets Temporal's CLI from its official release, and trusts nothing but the checksums written here.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** SHA-256 of the release archives of version 1.5.1, by platform. */
const ARCHIVES: Record<string, { name: string; sha256: string }> = {
  'linux-x64': {
    name: 'temporal_cli_1.5.1_linux_amd64.tar.gz',
    sha256: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  },
  'linux-arm64': {
    name: 'temporal_cli_1.5.1_linux_arm64.tar.gz',
    sha256: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  },
  'darwin-x64': {
    name: 'temporal_cli_1.5.1_darwin_amd64.tar.gz',
    sha256: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  },
  'darwin-arm64': {
    name: 'temporal_cli_1.5.1_darwin_arm64.tar.gz',
    sha256: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
  },
};
const RELEASE = 'https://github.com/temporalio/cli/releases/download/v1.5.1';
/** A blocked network often swallows packets: without an answer by then, it is taken as blocked. */
const ANSWER_TIMEOUT_MS = 8_000;
const WHOLE_TIMEOUT_MS = 5 * 60_000;

/**
 * Writes the `temporal` program to `target`.
 * @throws Error when the platform has no release, the network is blocked, or the checksum is another.
 */
export async function downloadTemporalCli(target: string): Promise<void> {
  const archive = ARCHIVES[`${process.platform}-${process.arch}`];
  if (!archive) throw new Error(`there is no release for ${process.platform}-${process.arch}`);
  const bytes = await fetchBytes(`${RELEASE}/${archive.name}`);
  await unpackVerified(bytes, archive.sha256, target);
}

/**
 * Unpacks `temporal` out of the archive, which must have that checksum.
 * @throws Error when it has another: the archive is then not what was released.
 */
export async function unpackVerified(bytes: Uint8Array, sha256: string, target: string): Promise<void> {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`the checksum is ${found} and should be ${sha256}`);
  const file = `${target}.tar.gz`;
  writeFileSync(file, bytes);
  try {
    await promisify(execFile)('tar', ['-xzf', file, '-C', dirname(target), 'temporal']);
  } finally {
    rmSync(file, { force: true });
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const answered = new AbortController();
  const timer = setTimeout(() => answered.abort(new Error('no answer in time')), ANSWER_TIMEOUT_MS);
  try {
    const signal = AbortSignal.any([answered.signal, AbortSignal.timeout(WHOLE_TIMEOUT_MS)]);
    const response = await fetch(url, { signal });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const { cause, message } = error as Error;
    throw new Error(cause instanceof Error ? cause.message || message : message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
