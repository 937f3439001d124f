// Puts entries that were scanned into pages, and tells by which rules they were.
import type { ReadEntry, RejectedEntry, SourcePage } from '../../domain/source-entry.ts';
import { rulesDigest } from '../entry-digest.ts';
import type { AttributeCatalog } from './attribute-catalog.ts';
import type { LdapConfig } from './config.ts';
import type { ScannedEntry } from './entry-scan.ts';
import type { ResultBatch } from './paged-search.ts';

/** A page as every connector hands it over; takes what it says of `notices` along. */
export function toPage(batch: ResultBatch<ScannedEntry>, notices: string[]): SourcePage {
  const entries: ReadEntry[] = [];
  const rejected: RejectedEntry[] = [];
  for (const item of batch.items) {
    if ('rejected' in item) rejected.push(item.rejected);
    else entries.push(item);
  }
  for (const url of batch.references) {
    notices.push(`The server refers to ${url} for part of the tree; referrals are not followed.`);
  }
  return { entries, rejected, notices: notices.slice(0, 100) };
}

/**
 * Digest of all that decides, for one class, what is made of an entry's bytes: what each requested attribute is
 * taken for, and, where everything is asked for, which ones are dropped on arrival.
 */
export function readingRules(
  objectClass: string,
  names: string[],
  catalog: AttributeCatalog,
  config: LdapConfig,
  secretAttributes: string[],
): string {
  const traits = names.toSorted().map((name) => catalog.traits(name));
  return rulesDigest([objectClass, config.idAttribute, secretAttributes.toSorted(), traits]);
}
