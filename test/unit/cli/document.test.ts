// What docs/cli.md and the help say of commands, options and exit codes is what the client has.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { EXIT } from '../../../cli/exit-codes.ts';
import { createProgram } from '../../../cli/program.ts';

const document = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md'), 'utf8');

function commandsBelow(command: Command): Command[] {
  return command.commands.flatMap((below) => [below, ...commandsBelow(below)]);
}

const program = createProgram('0.0.0', () => async () => {});
const commands = commandsBelow(program);

describe('docs/cli.md', () => {
  it.each(commands.map((command) => [command.name(), command] as const))('knows %s', (name, command) => {
    expect(document).toMatch(new RegExp(`\\b${name}\\b`));
    expect(command.description()).not.toBe('');
    const missing = command.options.filter(({ long }) => !document.includes(String(long)));
    expect(missing.map(({ long }) => long)).toEqual([]);
  });

  it('knows no option that is not there', () => {
    const known = [program, ...commands].flatMap(({ options }) => options.map(({ long }) => long));
    const named = [...document.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
    expect([...known, '--help']).toEqual(expect.arrayContaining(named));
  });

  it('has every exit code', () => {
    const rows = [...document.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(Object.values(EXIT));
  });
});
