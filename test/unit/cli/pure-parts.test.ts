// The client's rules without a server: settings, tables, queries, waiting times, exit codes.
import { describe, expect, it } from '@jest/globals';
import { isReadableOnTheWay, parseClientSettings } from '../../../cli/client-settings.ts';
import { CommandFailure, failureDocument, failureText } from '../../../cli/command-failure.ts';
import { EXIT, exitCodeOfRun, exitCodeOfStatus } from '../../../cli/exit-codes.ts';
import { retryAfterSeconds } from '../../../cli/http.ts';
import { listQuery, morePages } from '../../../cli/list-query.ts';
import { countsText } from '../../../cli/run-text.ts';
import { duration, safeText, shortTime, textList, textTable } from '../../../cli/text-table.ts';
import { RUN_STATUSES, syncHistoryContract } from '../../../contracts/sync-history.ts';

describe('settings', () => {
  it('have defaults', () => {
    expect(parseClientSettings({ HOME: '/home/ann' })).toEqual({
      serverUrl: 'http://127.0.0.1:3000',
      token: null,
      loginFile: '/home/ann/.config/identity-center/logins.json',
    });
  });

  it.each([
    ['https://ids.example.org/', 'https://ids.example.org'],
    ['https://example.org/ids/', 'https://example.org/ids'],
    ['HTTP://LOCALHOST:80', 'http://localhost'],
  ])('take the address %s as %s', (given, url) => {
    expect(parseClientSettings({ IDENTITY_CENTER_URL: given }).serverUrl).toBe(url);
  });

  it.each([
    'localhost:3000',
    'ftp://example.org',
    'http://user:secret@example.org',
    'http://example.org/?a=b',
    'http://example.org/api/',
  ])('refuse the address %s without repeating it', (given) => {
    const parse = () => parseClientSettings({ IDENTITY_CENTER_URL: given });
    expect(parse).toThrow(/^IDENTITY_CENTER_URL (?!.*secret)/);
  });

  it('refuse a token that would break a header', () => {
    const parse = (token: string) => parseClientSettings({ IDENTITY_CENTER_TOKEN: token }).token;
    expect(parse(' abc.def \n')).toBe('abc.def');
    expect(() => parse('abc\r\nx: y')).toThrow('IDENTITY_CENTER_TOKEN');
  });

  it('follow XDG, where a relative folder counts as none', () => {
    const fileIn = (folder: string) => parseClientSettings({ HOME: '/h', XDG_CONFIG_HOME: folder }).loginFile;
    expect(fileIn('/etc/xdg')).toBe('/etc/xdg/identity-center/logins.json');
    expect(fileIn('relative')).toBe('/h/.config/identity-center/logins.json');
  });

  it('know what can be read on the way', () => {
    expect(isReadableOnTheWay('http://example.org')).toBe(true);
    for (const url of [
      'https://example.org',
      'http://127.0.0.1:3000',
      'http://localhost',
      'http://[::1]:3000',
    ])
      expect([url, isReadableOnTheWay(url)]).toEqual([url, false]);
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  it.each([
    ['7', 7],
    ['0', 1],
    ['-5', 1],
    ['1.2', 2],
    [null, 1],
    ['soon', 1],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 1],
  ])('%j is %i s', (header, seconds) => expect(retryAfterSeconds(header, now)).toBe(seconds));
});

describe('text', () => {
  it('comes in columns', () => {
    const rows = [
      { name: 'a', count: 1 },
      { name: 'longer', count: null },
    ];
    expect(
      textTable(rows, [
        ['NAME', ({ name }) => name],
        ['COUNT', ({ count }) => count],
      ]),
    ).toBe('NAME    COUNT\na       1\nlonger  -');
    expect(textTable([], [])).toBe('(none)');
    expect(
      textList([
        ['Run', 'x'],
        ['Note', null],
        ['Status', 'ok'],
      ]),
    ).toBe('Run     x\nStatus  ok');
  });

  it('cannot steer a terminal', () => {
    expect(safeText('a\u001b[2J\nb\u0007\u202ec')).toBe('a�[2J�b��c');
    expect(safeText('Émile 太郎')).toBe('Émile 太郎');
  });

  it('has times and counts that people read', () => {
    expect(shortTime('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05Z');
    expect(shortTime(null)).toBeNull();
    expect([duration(1_234), duration(125_000), duration(119_999), duration(null)]).toEqual([
      '1.2 s',
      '2 min 5 s',
      '2 min 0 s',
      null,
    ]);
    expect(countsText({ read: 3, created: 0, errors: 1 })).toBe('read 3, errors 1');
  });

  it('says on which page one is', () => {
    expect(morePages({ totalCount: 50, page: 1, pageSize: 50 })).toBeNull();
    expect(morePages({ totalCount: 51, page: 2, pageSize: 50 })).toContain('Page 2 of 2, 51 in all');
  });
});

describe('queries', () => {
  const query = (values: Record<string, unknown>) => listQuery(syncHistoryContract.list.query, values);

  it('hold what the contract knows, as text', () => {
    expect(query({ page: 2, status: 'failed', since: undefined, follow: true })).toEqual({
      page: '2',
      status: 'failed',
    });
  });

  it('are refused by the names of the options', () => {
    expect(() => query({ pageSize: '0', since: 'yesterday' })).toThrow(
      /^--since: must be .+\n--page-size: must be /,
    );
  });
});

describe('exit codes', () => {
  it('tell the outcomes of requests and runs apart', () => {
    const statuses = [400, 401, 403, 404, 409, 429, 500, 503];
    expect(statuses.map(exitCodeOfStatus)).toEqual([1, 3, 3, 4, 1, 1, 1, 1]);
    const codes = Object.fromEntries(RUN_STATUSES.map((status) => [status, exitCodeOfRun(status)]));
    expect(codes).toEqual({ queued: 0, running: 0, completed: 0, failed: 5, cancelled: 6, paused: 7 });
  });

  it("come with the API's own words", () => {
    const failure = new CommandFailure('Wrong.', {
      exitCode: EXIT.failure,
      code: 'request_failed',
      statusCode: 400,
      details: [{ path: 'query.sort', message: 'is not known' }],
    });
    expect(failureText(failure)).toBe('Error 400 Bad Request: Wrong.\n  query.sort: is not known');
    expect(failureDocument(failure)).toEqual({
      error: {
        code: 'request_failed',
        message: 'Wrong.',
        statusCode: 400,
        details: [{ path: 'query.sort', message: 'is not known' }],
      },
      exitCode: 1,
    });
  });
});
