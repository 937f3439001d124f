// Temporal's CLI is looked for in the order that the README gives, and a failure names every way.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findTemporalCli } from '../../../tools/temporal-cli.ts';
import { unpackVerified } from '../../../tools/temporal-download.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-center-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that answers `--version` as Temporal's CLI does, unless told to answer something else. */
function program(path: string, answer = 'temporal version 1.5.1'): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return path;
}

const blocked = async () => {
  throw new Error('the network is blocked');
};

/** A Go toolchain whose `install` puts a program into GOBIN, or fails. */
function fakeGo(works: boolean): string {
  const script = works
    ? '#!/bin/sh\necho "$@" > "$HOME/go-arguments"\nprintf \'#!/bin/sh\\necho temporal version built\\n\' > "$GOBIN/temporal"\n/bin/chmod 755 "$GOBIN/temporal"\n'
    : '#!/bin/sh\necho "cannot reach the module proxy" >&2\nexit 1\n';
  mkdirSync(join(folder, 'go-bin'), { recursive: true });
  writeFileSync(join(folder, 'go-bin', 'go'), script, { mode: 0o755 });
  return join(folder, 'go-bin');
}

describe('findTemporalCli', () => {
  it('takes TEMPORAL_CLI before all others', async () => {
    const named = program(join(folder, 'named', 'my-temporal'));
    program(join(folder, 'bin', 'temporal'));
    const environment = { TEMPORAL_CLI: named, PATH: join(folder, 'bin'), HOME: folder };
    expect(await findTemporalCli({ environment, download: blocked })).toBe(named);
  });

  it('refuses a TEMPORAL_CLI that does not work instead of going on', async () => {
    const environment = { TEMPORAL_CLI: join(folder, 'nothing'), PATH: '', HOME: folder };
    await expect(findTemporalCli({ environment, download: blocked })).rejects.toThrow(
      /^TEMPORAL_CLI is set to .*nothing, which is not a working Temporal CLI\.$/,
    );
  });

  it('takes one on PATH before the cache, if it is the right program', async () => {
    const cached = program(join(folder, '.cache', 'identity-center', 'bin', 'temporal'));
    const onPath = program(join(folder, 'bin', 'temporal'));
    const environment = { PATH: join(folder, 'bin'), HOME: folder };
    expect(await findTemporalCli({ environment, download: blocked })).toBe(onPath);
    program(onPath, 'something else of that name');
    expect(await findTemporalCli({ environment, download: blocked })).toBe(cached);
  });

  it('downloads it once, and finds it in the cache from then on', async () => {
    const said: string[] = [];
    const options = { environment: { PATH: '', HOME: folder }, say: (line: string) => void said.push(line) };
    const download = async (target: string) => void program(target);
    const found = await findTemporalCli({ ...options, download });
    expect(found).toBe(join(folder, '.cache', 'identity-center', 'bin', 'temporal'));
    expect(said).toEqual([
      expect.stringMatching(/^Downloading Temporal's CLI 1\.5\.1 \(about \d+ MB, once\)/),
    ]);
    expect(await findTemporalCli({ ...options, download: blocked })).toBe(found);
    expect(readdirSync(join(found, '..'))).toEqual(['temporal']);
  });

  it('builds it with Go where the download is blocked, and says how long that takes', async () => {
    const said: string[] = [];
    const environment = { PATH: fakeGo(true), HOME: folder };
    const say = (line: string) => void said.push(line);
    const found = await findTemporalCli({ environment, say, download: blocked });
    expect(readFileSync(found, 'utf8')).toContain('temporal version built');
    expect(readFileSync(join(folder, 'go-arguments'), 'utf8')).toBe(
      'install github.com/temporalio/cli/cmd/temporal@v1.5.1\n',
    );
    expect(said.join('\n')).toMatch(/Building .* \(about five minutes, once\)/);
  });

  it('two at once end with one whole program', async () => {
    const options = { environment: { PATH: '', HOME: folder } };
    const download = async (target: string) => void program(target);
    const [one, other] = await Promise.all([
      findTemporalCli({ ...options, download }),
      findTemporalCli({ ...options, download }),
    ]);
    expect(one).toBe(other);
    expect(readdirSync(join(one, '..'))).toEqual(['temporal']);
  });

  it('names every way when none works', async () => {
    const environment = { PATH: fakeGo(false), HOME: folder };
    const failure = await findTemporalCli({ environment, download: blocked }).catch((error: Error) => error);
    const text = (failure as Error).message;
    for (const part of [
      'the official download failed: the network is blocked',
      'building it with Go failed: cannot reach the module proxy',
      'TEMPORAL_CLI',
      'on PATH',
      join(folder, '.cache', 'identity-center', 'bin', 'temporal'),
      'install Go',
      'TEMPORAL_ADDRESS',
    ]) {
      expect(text).toContain(part);
    }
  });
});

describe('unpackVerified', () => {
  it('unpacks nothing whose checksum is another', async () => {
    const target = join(folder, 'temporal');
    await expect(unpackVerified(Buffer.from('not the release'), '00', target)).rejects.toThrow(/checksum/);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});
