// The commands that the demonstration prints survive a paste into a shell, whatever password and names are.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { commands } from '../../../tools/demo-commands.ts';

const apiUrl = 'http://127.0.0.1:3000';
const id = '0190a5d2-0000-7000-8000-000000000000';
const group = { id, name: 'All staff', memberCount: 9 };
const person = {
  id,
  displayName: `Ben "$HOME" O'Brien`,
  email: 'ben.obrien@example.org',
  employeeId: '1',
  identityProfileId: id,
  objectCount: '2',
};
const login = { username: 'admin', password: `it's "quoted" $HOME \`x\`` };
const client = { clientId: '0'.repeat(32), clientSecret: 'made-up' };

/** A curl that prints its arguments instead of sending them, and answers both sign-ins. */
const CURL = `curl() { printf '%s\\n' "$@" >&2; echo '{"data":{"token":"the.token","x":"y"},"access_token":"another"}'; }`;

function run(...lines: string[]): string {
  return execFileSync('sh', ['-c', ['exec 2>&1', CURL, ...lines].join('\n')], { encoding: 'utf8' });
}

function linesFor(shown: Partial<Parameters<typeof commands>[1]> = {}): string[] {
  const groups = commands({ apiUrl, login, client }, { group, person, profile: 'Employees', ...shown });
  return groups.flatMap(({ lines }) => lines);
}

describe('commands', () => {
  it('are lines that a shell reads as they are meant', () => {
    const lines = linesFor();
    expect(lines).toHaveLength(9);
    const signIns = lines.filter((line) => line.includes('=$('));
    const signedIn = run(...signIns, 'echo "got $TOKEN and $ACCESS"');
    expect(signedIn).toContain(`\n${JSON.stringify(login)}\n`);
    expect(signedIn).toContain(`\nclient_secret=${client.clientSecret}\n`);
    expect(signedIn).toContain('got the.token and another');
    for (const line of lines.filter((other) => !signIns.includes(other))) {
      const sent = run('TOKEN=abc ACCESS=abc', line);
      expect(sent).toContain('\nAuthorization: Bearer abc\n');
      expect(sent).toMatch(/^-s\n(-G\n)?http:\/\/127\.0\.0\.1:3000\/(api|beta|v3)\/\S+\n/);
    }
  });

  it('name the person in quotes that hold', () => {
    const sent = run(...linesFor());
    expect(sent).toContain('\nsearch=ben.obrien@example.org\n');
    expect(sent).toContain('\nfilters=email eq "ben.obrien@example.org"\n');
    const withoutEmail = run(...linesFor({ person: { ...person, email: '' } }));
    expect(withoutEmail).toContain(`\nsearch=${person.displayName}\n`);
    expect(withoutEmail).toContain(`\nfilters=id eq "${id}"\n`);
  });

  it('are those that there is something for', () => {
    expect(linesFor({ group: undefined, person: undefined })).toHaveLength(2);
  });
});
