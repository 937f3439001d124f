// What the documents say of settings, commands and dependencies is what the code has.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseSettings, SETTING_NAMES } from '../../../domain/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides?: unknown;
};

describe('README.md', () => {
  const rows = [...read('README.md').matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]+)`|–) \|/gm)];

  it('lists every setting, and no other', () => {
    expect(rows.map(([, name]) => name).toSorted()).toEqual([...SETTING_NAMES].toSorted());
  });

  it('gives the defaults that hold', () => {
    const defaults = parseSettings({}) as Record<string, unknown>;
    for (const [, name, value] of rows) {
      expect([name, value]).toEqual([
        name,
        defaults[name as string] === undefined ? undefined : String(defaults[name as string]),
      ]);
    }
  });

  it('names no command that does not exist', () => {
    const commands = [...read('README.md').matchAll(/npm run ([a-z]+)/g)].map((match) => match[1]);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(commands));
  });

  it.each([...read('README.md').matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] as string))(
    'links to %s, which is there',
    (target) => expect(existsSync(join(ROOT, target))).toBe(true),
  );
});

describe('docs/dependencies.md', () => {
  const [runTime = '', development = ''] = read('docs/dependencies.md').split('## For development');
  const named = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)])
      .map((match) => match[1] as string)
      .toSorted();

  it('explains each dependency, and no other', () => {
    expect(named(runTime)).toEqual(Object.keys(manifest.dependencies).toSorted());
    expect(named(development)).toEqual(Object.keys(manifest.devDependencies).toSorted());
  });

  it('may rely on exact versions', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });
});

describe('bootstrap', () => {
  it('can install from the lock file: it has the packages of every platform', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    // npm leaves out of a new lock file what the registry at hand did not have, and `npm ci` then fails elsewhere.
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter(
        (name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)),
      ),
    );
    expect(missing).toEqual([]);
  });
});
