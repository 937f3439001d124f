// Reads all results of a search page by page (RFC 2696), and takes nothing for complete that is not.
import { hash } from 'node:crypto';
import { type Control, type Filter, type MessageResponse, PagedResultsControl, SearchRequest } from 'ldapts';
import { AppError } from '../../domain/app-error.ts';
import { parseFilter } from './filter.ts';
import {
  LDAP_ADMIN_LIMIT_EXCEEDED,
  LDAP_SIZE_LIMIT_EXCEEDED,
  LDAP_SUCCESS,
  resultError,
  sizeLimitError,
} from './result-codes.ts';
import type { EntryDecoder } from './search-results.ts';
import type { LdapSession, SearchOperation } from './session.ts';

export interface PagedSearch<T> {
  baseDn: string;
  filter: string;
  attributes: string[];
  pageSize: number;
  /** How long the server may send nothing at all, in milliseconds. */
  idleTimeoutMs: number;
  decode: EntryDecoder<T>;
  /** Besides the one for pages. */
  controls?: Control[];
}

/** Some results; a page that is very large comes in several. */
export interface ResultBatch<T> {
  items: T[];
  references: string[];
}

/** A page that is being received. */
interface Page {
  number: number;
  received: number;
  size: number;
  /** Digest of its first entry; null while there is none. */
  first: string | null;
}

/** Pages without an entry after which a server is taken to send no others: what changed during the read leaves some. */
const MOST_EMPTY_PAGES = 1_000;

/** Finds servers that send one page for ever. A cookie alone does not tell: Samba's stays the same for all pages. */
class Repetition {
  private cookie: Buffer | null = null;
  private first: string | null = null;
  private times = 0;

  /** @throws AppError `source_error` when this page is the one before again */
  check(cookie: Buffer, { first }: Page): void {
    const same = this.cookie?.equals(cookie) === true && this.first === first;
    this.times = same ? this.times + 1 : 0;
    this.cookie = cookie;
    this.first = first;
    if (this.times > (first === null ? MOST_EMPTY_PAGES : 0))
      throw new AppError('source_error', 'The server sends the same page again: the read would never end.');
  }
}

/** The cookie for the next page; null after the last one. */
function nextCookie(result: MessageResponse, page: Page, repetition: Repetition): Buffer | null {
  const control = result.controls?.find((each) => each instanceof PagedResultsControl);
  const cookie = control?.value?.cookie;
  if (cookie === undefined) {
    // A server may answer one short page without the control; later, its end is no end.
    if (page.number === 1 && page.received < page.size) return null;
    throw new AppError(
      'source_error',
      'The server stopped answering in pages (RFC 2696) in the middle of a read: what it sent may not be all.',
    );
  }
  if (cookie.length === 0) return null;
  const next = Buffer.from(cookie);
  repetition.check(next, page);
  return next;
}

/** Requests the page after `cookie`, the first one when it is null. */
function requestPage<T>(
  session: LdapSession,
  search: PagedSearch<T>,
  filter: Filter,
  cookie: Buffer | null,
  page: Page,
): SearchOperation<T> {
  const value = cookie === null ? { size: search.pageSize } : { size: search.pageSize, cookie };
  const request = new SearchRequest({
    messageId: 0,
    baseDN: search.baseDn,
    scope: 'sub',
    filter,
    attributes: search.attributes,
    timeLimit: 0,
    controls: [new PagedResultsControl({ critical: true, value }), ...(search.controls ?? [])],
  });
  const decode: EntryDecoder<T> = (bytes, start, end) => {
    page.first ??= hash('sha1', bytes.subarray(start, end));
    return search.decode(bytes, start, end);
  };
  return session.search(request, decode, search.idleTimeoutMs);
}

/** @throws AppError when a page did not end well. */
function assertSuccess(result: MessageResponse, received: number, baseDn: string): void {
  const about = `below '${baseDn}'`;
  if (result.status === LDAP_SIZE_LIMIT_EXCEEDED || result.status === LDAP_ADMIN_LIMIT_EXCEEDED) {
    throw sizeLimitError(result, received, about);
  }
  if (result.status !== LDAP_SUCCESS) throw resultError(result, about);
}

/**
 * Every result of a search below a base. The next page is requested as soon as one is complete, so that the
 * server works while the caller does.
 * @throws AppError `size_limit_exceeded` when the server cuts the results, `base_not_found`, `access_denied`,
 * `source_busy`, `timeout`, `connection_lost`, `source_error`.
 */
export async function* pagedSearch<T>(
  session: LdapSession,
  search: PagedSearch<T>,
): AsyncGenerator<ResultBatch<T>> {
  const filter = parseFilter(search.filter);
  const repetition = new Repetition();
  let cookie: Buffer | null = null;
  let page: Page = { number: 1, received: 0, size: search.pageSize, first: null };
  let total = 0;
  let operation = requestPage(session, search, filter, cookie, page);
  try {
    for (;;) {
      const { items, references, result } = await operation.next();
      page.received += items.length;
      total += items.length;
      if (result !== null) {
        assertSuccess(result, total, search.baseDn);
        cookie = nextCookie(result, page, repetition);
        page = { ...page, number: page.number + 1, received: 0, first: null };
        if (cookie !== null) operation = requestPage(session, search, filter, cookie, page);
      }
      yield { items, references };
      if (result !== null && cookie === null) return;
    }
  } finally {
    // Whoever stops early must not leave results coming that nobody takes.
    operation.abandon();
  }
}
