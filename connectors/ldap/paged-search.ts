// Reads all results of a search page by page (RFC 2696), and takes nothing for complete that is not.
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

/** The cookie for the next page; null after the last one. */
function nextCookie(
  result: MessageResponse,
  previous: Buffer | null,
  page: { number: number; received: number; size: number },
): Buffer | null {
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
  if (previous?.equals(cookie)) {
    throw new AppError(
      'source_error',
      'The server sent the same page cookie twice: the read would never end.',
    );
  }
  return Buffer.from(cookie);
}

/** Requests the page after `cookie`, the first one when it is null. */
function requestPage<T>(
  session: LdapSession,
  search: PagedSearch<T>,
  filter: Filter,
  cookie: Buffer | null,
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
  return session.search(request, search.decode, search.idleTimeoutMs);
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
  let cookie: Buffer | null = null;
  let page = { number: 1, received: 0, size: search.pageSize };
  let total = 0;
  let operation = requestPage(session, search, filter, cookie);
  try {
    for (;;) {
      const { items, references, result } = await operation.next();
      page.received += items.length;
      total += items.length;
      if (result !== null) {
        assertSuccess(result, total, search.baseDn);
        cookie = nextCookie(result, cookie, page);
        page = { ...page, number: page.number + 1, received: 0 };
        if (cookie !== null) operation = requestPage(session, search, filter, cookie);
      }
      yield { items, references };
      if (result !== null && cookie === null) return;
    }
  } finally {
    // Whoever stops early must not leave results coming that nobody takes.
    operation.abandon();
  }
}
