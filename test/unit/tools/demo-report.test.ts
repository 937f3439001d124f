// The commands that the demonstration prints survive a paste into a shell, whatever the password is.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { curlLines } from '../../../tools/demo-report.ts';

const group = { id: '0190a5d2-0000-7000-8000-000000000000', name: 'All staff', memberCount: 9 };

describe('curlLines', () => {
  it('gives three lines that a shell reads as they are meant', () => {
    const login = { username: 'admin', password: `it's "quoted" $HOME \`x\`` };
    const [first, ...others] = curlLines('http://127.0.0.1:3000', login, group) as [string, string, string];
    // A curl that prints its arguments instead of sending them, and answers the login.
    const curl = `curl() { printf '%s\\n' "$@" >&2; echo '{"data":{"token":"the.token","tokenType":"Bearer"}}'; }`;
    const output = execFileSync('sh', ['-c', `exec 2>&1\n${curl}\n${first}\necho "got $TOKEN"`], {
      encoding: 'utf8',
    });
    expect(output).toContain(`\n${JSON.stringify(login)}\n`);
    expect(output).toContain('got the.token');
    for (const line of others) {
      const sent = execFileSync('sh', ['-c', `exec 2>&1\n${curl}\nTOKEN=abc\n${line}`], { encoding: 'utf8' });
      expect(sent).toContain('\nAuthorization: Bearer abc\n');
      expect(sent).toMatch(/^-s\nhttp:\/\/127\.0\.0\.1:3000\/api\/\S+\n/);
    }
  });
});
