// What the synchronisation is measured against: ldapsearch to a file, then COPY of the same entries into a table.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { readLdif } from './ldif.ts';
import { timed } from './statistics.ts';

/** What the connector asks for too: every user attribute, and these operational ones. */
const ATTRIBUTES = ['*', 'entryUUID', 'createTimestamp', 'modifyTimestamp'];
const FILTER = '(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))';

export interface BaselineSource {
  url: string;
  baseDn: string;
  bindDn: string;
  bindPassword: string;
}

export interface BaselineRound {
  ldapsearchSeconds: number;
  copySeconds: number;
}

export interface Baseline {
  /** Times one ldapsearch and one COPY, each into an empty place. */
  measure(): Promise<BaselineRound>;
  close(): Promise<void>;
}

/**
 * Reads the directory once, untimed, and keeps its entries as rows ready for COPY.
 * @param databaseUrl an empty database; the table is made anew for each round, outside the timing.
 * @throws Error when ldapsearch does not bring `expectedObjects` entries.
 */
export async function prepareBaseline(
  source: BaselineSource,
  databaseUrl: string,
  folder: string,
  expectedObjects: number,
): Promise<Baseline> {
  const output = join(folder, 'baseline.ldif');
  const rows = join(folder, 'baseline.copy');
  await search(source, output);
  const found = await writeRows(output, rows);
  if (found !== expectedObjects)
    throw new Error(`ldapsearch brought ${found} entries where ${expectedObjects} were generated`);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    async measure() {
      const ldapsearchSeconds = await timed(() => search(source, output));
      await client.query('drop table if exists entry');
      await client.query('create table entry (dn text primary key, attributes jsonb not null)');
      await client.query('checkpoint');
      const copySeconds = await timed(() =>
        pipeline(createReadStream(rows), client.query(copyFrom('copy entry from stdin'))),
      );
      const counted = await client.query<{ count: string }>('select count(*) from entry');
      if (Number(counted.rows[0]?.count) !== expectedObjects)
        throw new Error(`COPY brought ${counted.rows[0]?.count} rows, not ${expectedObjects}`);
      return { ldapsearchSeconds, copySeconds };
    },
    close: () => client.end(),
  };
}

async function search(source: BaselineSource, output: string): Promise<void> {
  const file = await open(output, 'w');
  try {
    const login = ['-x', '-H', source.url, '-D', source.bindDn, '-w', source.bindPassword];
    const form = ['-LLL', '-o', 'ldif-wrap=no', '-E', 'pr=1000/noprompt'];
    const child = spawn('ldapsearch', [...login, ...form, '-b', source.baseDn, FILTER, ...ATTRIBUTES], {
      stdio: ['ignore', file.fd, 'inherit'],
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`ldapsearch ended with code ${code}`);
  } finally {
    await file.close();
  }
}

/** LDIF → the text format of COPY, one `dn, attributes` row an entry. */
async function writeRows(ldif: string, rows: string): Promise<number> {
  let count = 0;
  async function* lines() {
    for await (const { dn, attributes } of readLdif(ldif)) {
      count += 1;
      yield `${copyText(dn)}\t${copyText(JSON.stringify(attributes))}\n`;
    }
  }
  await pipeline(lines, createWriteStream(rows));
  return count;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyText(value: string): string {
  return value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string);
}
