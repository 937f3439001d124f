// Large CSV files are read in memory that does not grow with them.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { csvFolder } from '../support/csv-folder.ts';

const csv = csvFolder();

describe('the CSV connector and large files', () => {
  const USERS = 300_000;
  const GROUPS = 3_000;

  async function writeLarge(name: string, lines: Iterable<string>): Promise<void> {
    const output = createWriteStream(join(csv.folder, name));
    let chunk = '';
    for (const line of lines) {
      chunk += line;
      if (chunk.length < 1 << 20) continue;
      if (!output.write(chunk)) await once(output, 'drain');
      chunk = '';
    }
    output.end(chunk);
    await finished(output);
  }

  it('reads them in a heap of 64 MB', async () => {
    await writeLarge(
      'large.csv',
      (function* () {
        yield 'id,kind,name,mail,department,title,phone\r\n';
        for (let index = 0; index < USERS; index += 1) {
          yield `u${index},user,"Number ${index}, of many","u${index}@example.org",Department ${index % 40},Engineer,+49 30 ${index}\r\n`;
          if (index % 100 === 0) yield `g${index / 100},group,Group ${index / 100},,,,\r\n`;
        }
        yield 'u5,user,again,,,,\r\n';
      })(),
    );
    await writeLarge(
      'large-members.csv',
      (function* () {
        yield 'group,member\r\n';
        for (let index = 0; index < 600_000; index += 1)
          yield `g${index % GROUPS},u${(index + Math.floor(index / USERS)) % USERS}\r\n`;
      })(),
    );
    const config = {
      file: 'large.csv',
      keyColumn: 'id',
      classColumn: 'kind',
      membershipFile: 'large-members.csv',
    };
    const script = fileURLToPath(new URL('../support/csv-reader.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=64',
      script,
      csv.folder,
      JSON.stringify(config),
    ]);
    const { entries, members, rejected } = JSON.parse(stdout) as Record<string, number>;
    expect([entries, rejected]).toEqual([USERS + GROUPS, 1]);
    expect(members).toBe(600_000);
  }, 180_000);
});
