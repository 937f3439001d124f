// Tells by change numbers what changed since an earlier read, as long as the same server counts.
import { AppError } from '../../domain/app-error.ts';
import type { Watermark } from '../connector.ts';
import { allOf } from '../ldap/filter.ts';
import type { ScopedSearch } from '../ldap/scopes.ts';

/** A watermark of this connector: each domain controller counts changes by itself, so that it names the count too. */
export interface DirectoryWatermark extends Watermark {
  /** Names the database that counts; it changes when a domain controller is restored. */
  invocationId: string;
  /** highestCommittedUSN before the read. */
  usn: number;
  /** By which entries were read: what other rules leave out or take in is no change of the directory. */
  rules: string;
}

/** Change numbers, both ends included. */
export interface ChangeRange {
  first: number;
  last: number;
}

/**
 * What is due: up to the server's present place, so that a read of it ends however fast others write.
 * @throws AppError `watermark_unusable` when another count answers, this one went back, or entries were read by other rules
 */
export function dueFrom(since: Watermark, present: DirectoryWatermark): ChangeRange {
  const usn = Number(since.usn);
  if (since.invocationId !== present.invocationId)
    throw unusable(
      `Another domain controller answers, or the same one after it was restored: the last read was of invocation id ${since.invocationId}, now it is ${present.invocationId}, and each counts its changes by itself.`,
    );
  if (!Number.isSafeInteger(usn) || usn > present.usn)
    throw unusable(
      `The domain controller's highest change number is ${present.usn}, but the last read was at ${since.usn}: it was set back.`,
    );
  if (since.rules !== present.rules)
    throw unusable(
      'What is read of each entry is no longer the same: the schema of the server, the list of secret attributes or this software changed.',
    );
  return { first: usn + 1, last: present.usn };
}

function unusable(why: string): AppError {
  return new AppError('watermark_unusable', why);
}

/** Matches what has its latest change in the range. */
export function changedWithin({ first, last }: ChangeRange): string {
  return `(&(uSNChanged>=${first})(uSNChanged<=${last}))`;
}

/** The same searches, for what has its latest change in the range. */
export function changedSearches(searches: ScopedSearch[], range: ChangeRange): ScopedSearch[] {
  return searches.map((search) => ({ ...search, filter: allOf(search.filter, changedWithin(range)) }));
}
