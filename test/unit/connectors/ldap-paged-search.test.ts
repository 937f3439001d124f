// Pages of a server that never comes to an end, and of one whose cookie stays the same until it does.
import { describe, expect, it } from '@jest/globals';
import { PagedResultsControl, SearchResponse } from 'ldapts';
import { pagedSearch } from '../../../connectors/ldap/paged-search.ts';
import type { LdapSession } from '../../../connectors/ldap/session.ts';

/** What a server sends as its pages, each with its entries and its cookie. */
function serverOf(page: (number: number) => { entries: string[]; cookie: string }): LdapSession {
  let number = 0;
  const search: LdapSession['search'] = (_request, decode) => {
    const { entries, cookie } = page(number++);
    const value = { size: 0, cookie: Buffer.from(cookie) };
    const result = new SearchResponse({ messageId: 1, controls: [new PagedResultsControl({ value })] });
    const items = entries.map((text) => decode(Buffer.from(text), 0, Buffer.byteLength(text)));
    return {
      next: async () => ({ items, references: [], result }),
      abandon: () => {},
    };
  };
  return { search } as LdapSession;
}

async function readAll(session: LdapSession): Promise<string[]> {
  const all: string[] = [];
  const search = {
    baseDn: 'dc=example,dc=org',
    filter: '(objectClass=*)',
    attributes: [],
    pageSize: 2,
    idleTimeoutMs: 1_000,
    decode: (bytes: Buffer, start: number, end: number) => bytes.toString('utf8', start, end),
  };
  for await (const { items } of pagedSearch(session, search)) all.push(...items);
  return all;
}

describe('a search in pages', () => {
  it('takes a cookie that stays the same for a handle of the server', async () => {
    const pages = [['a', 'b'], ['c', 'd'], [], [], ['e']];
    const server = serverOf((number) => ({
      entries: pages[number] ?? [],
      cookie: number < pages.length - 1 ? 'handle' : '',
    }));
    expect(await readAll(server)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each([
    ['one page again and again', ['a', 'b']],
    ['empty pages without end', []],
  ])('fails at %s', async (_what, entries) => {
    await expect(readAll(serverOf(() => ({ entries, cookie: 'handle' })))).rejects.toMatchObject({
      code: 'source_error',
      message: expect.stringContaining('never end'),
    });
  });
});
