// Stages the pages of a read one after the other, several at a time under way.
import { recordPage } from '../../database/queries/sync/record-read.ts';
import { type StagingTables, stagePage } from '../../database/queries/sync/staging.ts';
import { recordPosition } from '../../database/queries/sync/unfinished-read.ts';
import { holdRun, namedTransaction } from '../../database/run-fence.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { SourcePage } from '../../domain/source-entry.ts';
import { PAGES_WRITTEN_AT_ONCE, type PageStager, type StagedPage } from './page-stager.ts';
import { percentOf, readFraction } from './progress.ts';
import type { StepContext } from './run-step.ts';

export interface ReadTotals {
  read: number;
  rejected: number;
  changed: number;
}

/** A read that is going on. */
export interface Reading {
  context: StepContext;
  tables: StagingTables;
  adoptable: boolean;
  stager: PageStager;
  /** Grow with each page. */
  totals: ReadTotals;
  /** Counts the pages of a read whose source can resume it. */
  positions: number;
  /** How many entries a full read is likely to bring; 0 where nobody knows. */
  expected: number;
}

/**
 * Pages are written while the next one is looked up and compared, and the one after it read: a page's statements
 * wait for the thread that compares, so one at a time would keep it waiting in turn.
 */
export async function stagePages(reading: Reading, source: AsyncIterable<SourcePage>): Promise<void> {
  const { context, stager, totals } = reading;
  const writing: Promise<void>[] = [];
  const pages = source[Symbol.asyncIterator]();
  let next = pages.next();
  try {
    for (let page = await next; !page.done; page = await next) {
      context.signal.throwIfAborted();
      const looked = stager.look(page.value);
      next = pages.next();
      // Failures of the read and of the write are thrown where they are awaited.
      next.catch(() => {});
      const staged = await stager.stage(looked);
      if (writing.length === PAGES_WRITTEN_AT_ONCE) await writing.shift();
      totals.read += staged.count + staged.rejected.length;
      totals.rejected += staged.rejected.length;
      totals.changed += staged.entries.count;
      const written = writePage(reading, staged, totals.read, writing.at(-1));
      written.catch(() => {});
      writing.push(written);
    }
  } finally {
    await Promise.allSettled([pages.return?.(), ...writing]);
  }
  await Promise.all(writing);
}

async function writePage(
  reading: Reading,
  page: StagedPage,
  read: number,
  before: Promise<void> | undefined,
): Promise<void> {
  const { context, tables, adoptable, expected } = reading;
  const { deps, fence } = context;
  const { position } = page;
  if (position) reading.positions += 1;
  const number = reading.positions;
  await namedTransaction(deps.database.pool, fence, async (client) => {
    // A crash may lose the last of these commits, rows and count together: completeRead finds out.
    await client.query('set local synchronous_commit = off');
    await stagePage(client, tables, page, adoptable);
    // Positions come in order: behind one, no page may be missing.
    if (position) await before;
    // Held from here on alone, so that pages do not wait for each other's rows.
    await holdRun(client, fence);
    await recordPage(client, {
      runId: fence.runId,
      epoch: fence.epoch,
      staged: page.count,
      rejected: page.rejected,
      notices: page.notices,
      percent: percentOf('read', readFraction(read, expected)),
    });
    if (position && !(await recordPosition(client, fence, { number, position })))
      throw new StagingLost('A crash of the database took part of what was read; the source is read again.');
  });
}
