// Decodes all that a page holds, as a sync does whose store is empty.
import type { RejectedEntry, SourceEntry, SourcePage } from '../../domain/source-entry.ts';

/** A page, decoded. */
export interface DecodedPage {
  entries: SourceEntry[];
  /** Those that came rejected, then those whose decoding said so. */
  rejected: RejectedEntry[];
  notices: string[];
}

/** @throws Error when an entry has another id than the one it came under. */
export function decodeAll(page: SourcePage): DecodedPage {
  const entries: SourceEntry[] = [];
  const rejected = [...page.rejected];
  for (const each of page.entries) {
    const decoded = each.decode();
    if ('rejected' in decoded) rejected.push(decoded.rejected);
    else if (decoded.entry.sourceId === each.sourceId) entries.push(decoded.entry);
    else throw new Error(`'${each.sourceId}' was decoded into '${decoded.entry.sourceId}'`);
  }
  return { entries, rejected, notices: page.notices };
}

/** All pages of a read, decoded as they come. */
export async function decodePages(pages: AsyncIterable<SourcePage>): Promise<DecodedPage> {
  const all: DecodedPage = { entries: [], rejected: [], notices: [] };
  for await (const page of pages) {
    const { entries, rejected, notices } = decodeAll(page);
    for (const entry of entries) all.entries.push(entry);
    all.rejected.push(...rejected);
    all.notices.push(...notices);
  }
  return all;
}
