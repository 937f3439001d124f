// Tells by `modifyTimestamp` what changed since an earlier read, and where that cannot be told, why.
import { SearchRequest } from 'ldapts';
import { AppError } from '../../domain/app-error.ts';
import type { Watermark } from '../connector.ts';
import { allOf, parseFilter } from './filter.ts';
import { LDAP_SIZE_LIMIT_EXCEEDED, LDAP_SUCCESS, resultError } from './result-codes.ts';
import type { ScopedSearch } from './scopes.ts';
import type { ServerSchema } from './server-schema.ts';
import type { LdapSession } from './session.ts';

const ATTRIBUTE = 'modifyTimestamp';
/** Earlier than any entry. */
const EVER = '19700101000000Z';

/** A watermark of this connector: from when on changes are due, and the rules that entries were read by. */
export interface LdapWatermark extends Watermark {
  since: string;
  rules: string;
}

function unusable(why: string): AppError {
  return new AppError('watermark_unusable', why);
}

/** GeneralizedTime (RFC 4517 section 3.3.13) in whole seconds, as modifyTimestamp has them. */
function generalizedTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

/** @throws AppError `watermark_unusable` for a server that dates no changes. */
export function assertDatesChanges(schema: ServerSchema | null): void {
  const dates = schema?.attributeTypes.some(({ names }) =>
    names.some((name) => name.toLowerCase() === ATTRIBUTE.toLowerCase()),
  );
  if (dates === false)
    throw unusable(`The server's schema has no ${ATTRIBUTE}: it does not tell what changed.`);
}

/**
 * The watermark of a read that begins at `now`: `overlapSeconds` earlier, since a change is dated before it can be
 * seen, servers hand changes on to each other, and clocks differ.
 */
export function watermarkAt(now: Date, overlapSeconds: number, rules: string): LdapWatermark {
  return { since: generalizedTime(new Date(now.getTime() - overlapSeconds * 1_000)), rules };
}

/**
 * Searches for what changed at `watermark` or later: "or later" includes its own second, so that equal times are
 * never missed.
 * @throws AppError `watermark_unusable` when entries were read by other rules, or the clock went back behind it
 */
export function changedSearches(
  searches: ScopedSearch[],
  watermark: Watermark,
  present: { now: Date; rules: string },
): ScopedSearch[] {
  const since = String(watermark.since);
  if (watermark.rules !== present.rules)
    throw unusable(
      'What is read of each entry is no longer the same: the schema of the server, the list of secret attributes or this software changed.',
    );
  if (since > generalizedTime(present.now))
    throw unusable('The clock of the server was set back: the times of its changes cannot be relied on.');
  return searches.map((search) => ({
    ...search,
    filter: allOf(search.filter, `(${ATTRIBUTE}>=${since})`),
  }));
}

/**
 * Makes sure that a search for changes which brought nothing means something: an account that may not search by
 * modifyTimestamp gets no error, and no entry.
 * @throws AppError `watermark_unusable`
 */
export async function assertFindsChanges(
  session: LdapSession,
  search: ScopedSearch,
  timeoutMs: number,
): Promise<void> {
  const dated = allOf(search.filter, `(${ATTRIBUTE}>=${EVER})`);
  if (await hasEntry(session, { ...search, filter: dated }, timeoutMs)) return;
  if (await hasEntry(session, search, timeoutMs))
    throw unusable(
      `A search by ${ATTRIBUTE} finds nothing below '${search.baseDn}', though there are entries: the bind account needs the right to search by it.`,
    );
}

async function hasEntry(session: LdapSession, search: ScopedSearch, timeoutMs: number): Promise<boolean> {
  const request = new SearchRequest({
    messageId: 0,
    baseDN: search.baseDn,
    scope: 'sub',
    filter: parseFilter(search.filter),
    attributes: ['1.1'],
    sizeLimit: 1,
    timeLimit: 0,
  });
  const operation = session.search(request, () => true, timeoutMs);
  let found = false;
  for (;;) {
    const { items, result } = await operation.next();
    found ||= items.length > 0;
    if (result === null) continue;
    if (result.status !== LDAP_SUCCESS && result.status !== LDAP_SIZE_LIMIT_EXCEEDED)
      throw resultError(result, `below '${search.baseDn}'`);
    return found;
  }
}
