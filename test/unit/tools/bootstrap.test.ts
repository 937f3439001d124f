// A fresh clone, an old one and a complete one are told apart, and the right Node is chosen.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
// @ts-expect-error It is plain JavaScript, since it runs before anything is installed.
import { isInstalled, nodeFor } from '../../../tools/bootstrap.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'identity-center-clone-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

type Packages = Record<string, { version: string; optional?: boolean }>;

function lock(packages: Packages): void {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
}

function installed(packages: Packages): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

const zod = { 'node_modules/zod': { version: '4.6.7' } };

describe('isInstalled', () => {
  it('is false in a fresh clone', () => {
    lock(zod);
    expect(isInstalled(root)).toBe(false);
  });

  it('is false when npm was interrupted: it writes its record last', () => {
    lock(zod);
    mkdirSync(join(root, 'node_modules', 'zod'), { recursive: true });
    expect(isInstalled(root)).toBe(false);
  });

  it('is true when every package has the version of the lock file', () => {
    lock(zod);
    installed(zod);
    expect(isInstalled(root)).toBe(true);
  });

  it('is false after the lock file moved on', () => {
    lock({ 'node_modules/zod': { version: '4.7.0' } });
    installed(zod);
    expect(isInstalled(root)).toBe(false);
  });

  it('is false when a package was added', () => {
    lock({ ...zod, 'node_modules/pg': { version: '8.23.0' } });
    installed(zod);
    expect(isInstalled(root)).toBe(false);
  });

  it('is true after `npm ci`: what npm wrote down of this checkout is understood, and no start installs again', () => {
    expect(isInstalled(join(import.meta.dirname, '..', '..', '..'))).toBe(true);
  });

  it('does not miss the packages of other platforms', () => {
    lock({ ...zod, 'node_modules/only-elsewhere': { version: '1.0.0', optional: true } });
    installed(zod);
    expect(isInstalled(root)).toBe(true);
  });
});

describe('nodeFor', () => {
  it('is the running one from 24 on', () => {
    expect(nodeFor(root, '24.0.0')).toBe(process.execPath);
    expect(nodeFor(root, '26.1.0')).toBe(process.execPath);
  });

  it("is npm's package on an older one, once it is there", () => {
    expect(nodeFor(root, '20.20.2')).toBeNull();
    const bin = join(root, 'node_modules', 'node', 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'node'), '');
    expect(nodeFor(root, '20.20.2')).toBe(join(bin, 'node'));
  });
});
