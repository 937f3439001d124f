// The API's small parts that need no server: cursors, CSV cells, client addresses, times.
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { Request, Response } from 'express';
import fc from 'fast-check';
import { z } from 'zod';
import { clientAddress } from '../../api/http/client-address.ts';
import { csvColumns, csvStream } from '../../api/http/csv.ts';
import { decodeCursor, encodeCursor } from '../../api/http/cursor.ts';
import { toRfc3339 } from '../../database/queries/read-rows.ts';

const key = createSecretKey(Buffer.alloc(32, 7));
const place = { position: { key: 'ann', rank: null, id: '01a00000-0000-7000-8000-000000000000' }, page: 2 };

describe('a cursor', () => {
  it('comes back as it was, whatever the sort key holds', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string({ unit: 'binary' })),
        fc.option(fc.integer({ min: 0, max: 1 })),
        (sortKey, rank) => {
          const at = { position: { ...place.position, key: sortKey, rank }, page: 9 };
          expect(decodeCursor(key, ['f'], encodeCursor(key, ['f'], at))).toEqual(at);
        },
      ),
    );
  });

  it('is refused with other filters, with another key and when a character was changed', () => {
    const cursor = encodeCursor(key, ['users', 'a'], place);
    expect(() => decodeCursor(key, ['users', 'b'], cursor)).toThrow(/cursor/);
    expect(() => decodeCursor(createSecretKey(Buffer.alloc(32)), ['users', 'a'], cursor)).toThrow(/cursor/);
    for (let index = 0; index < cursor.length; index += 1) {
      const changed = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1);
      expect(() => decodeCursor(key, ['users', 'a'], changed)).toThrow(/cursor/);
    }
  });
});

async function csvOf(rows: object[], schema: z.ZodObject): Promise<string> {
  const chunks: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const response = Object.assign(sink, { setHeader: () => {} }) as unknown as Response;
  async function* batches() {
    yield rows;
  }
  csvStream(response, 'x.csv', csvColumns(schema), batches(), () => {}).pipe(sink);
  await once(sink, 'finish');
  return chunks.join('');
}

describe('CSV', () => {
  const schema = z.object({
    text: z.string().nullable(),
    counts: z.object({ read: z.number() }),
    list: z.array(z.string()),
  });

  it('flattens objects, writes lists as JSON and ends lines as RFC 4180 does', async () => {
    const csv = await csvOf([{ text: null, counts: { read: 3 }, list: ['a', 'b'] }], schema);
    expect(csv).toBe('text,counts.read,list\r\n,3,"[""a"",""b""]"\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '＝1'])('neutralises %j', async (text) => {
    const [record] = parse(await csvOf([{ text, counts: { read: -3 }, list: [] }], schema), {
      columns: true,
      record_delimiter: '\r\n',
    });
    expect(record).toMatchObject({ text: `'${text}`, 'counts.read': '-3' });
  });

  it('stops reading when the client goes away', async () => {
    const client = new PassThrough({ highWaterMark: 1 });
    const response = Object.assign(client, { setHeader: () => {} }) as unknown as Response;
    let asked = 0;
    const ended = Promise.withResolvers<void>();
    async function* endless() {
      try {
        for (;;) {
          asked += 1;
          yield [{ text: 'x'.repeat(100_000), counts: { read: 1 }, list: [] }];
        }
      } finally {
        ended.resolve();
      }
    }
    csvStream(response, 'x.csv', csvColumns(schema), endless(), () => {}).pipe(client);
    await once(client, 'readable');
    // Nobody reads on: what is made stays within the buffers.
    expect(asked).toBeLessThan(10);
    client.destroy();
    await ended.promise;
    expect(asked).toBeLessThan(10);
  });

  it('gives back any text that needs no neutralising', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary' }).map((text) => `x${text}`),
          { minLength: 1 },
        ),
        async (texts) => {
          const csv = await csvOf(
            texts.map((text) => ({ text, counts: { read: 0 }, list: [] })),
            schema,
          );
          const records = parse(csv, { columns: true, record_delimiter: '\r\n' }) as { text: string }[];
          expect(records.map(({ text }) => text)).toEqual(texts);
        },
      ),
    );
  });
});

describe('the address that limits count', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (ip, expected) => {
    expect(clientAddress({ ip } as Request)).toBe(expected);
  });
});

describe('a time out of PostgreSQL', () => {
  it.each([
    ['2026-11-22 18:46:46.123456+00', '2026-11-22T18:46:46.123Z'],
    ['2026-11-22 18:46:46.5+00', '2026-11-22T18:46:46.500Z'],
    ['2026-11-22 18:46:46+00', '2026-11-22T18:46:46.000Z'],
    ['2026-11-22 20:46:46.25+02', '2026-11-22T18:46:46.250Z'],
    ['2026-11-22 18:46:46.25-05:30', '2026-11-23T00:16:46.250Z'],
  ])('%s is %s', (given, expected) => {
    expect(toRfc3339(given)).toBe(expected);
  });
});
