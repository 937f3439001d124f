// Turns options into the query of a list, held against the contract before anything is sent.
import type { Command } from 'commander';
import type { z } from 'zod';
import { usageFailure } from './command-failure.ts';

/** The options that every list has. */
export function withPaging(command: Command): Command {
  return command
    .option('--page <n>', 'page number, from 1')
    .option('--page-size <n>', 'rows a page, at most 200')
    .option('--sort <field>', 'field to sort by, with - in front for descending order');
}

/**
 * The values that the query's schema knows, as text; what is not given is left out.
 * @throws CommandFailure (usage) that names each option the contract refuses.
 */
export function listQuery<Query extends z.ZodObject>(
  schema: Query,
  values: Record<string, unknown>,
): z.input<Query> {
  const known = Object.entries(values).filter(([key, value]) => key in schema.shape && value !== undefined);
  const query = Object.fromEntries(known.map(([key, value]) => [key, String(value)]));
  const checked = schema.safeParse(query);
  if (checked.success) return query as z.input<Query>;
  throw usageFailure(
    checked.error.issues.map((issue) => `${optionOf(issue.path)} ${issue.message}`).join('\n'),
  );
}

/** `pageSize` is `--page-size`. */
function optionOf(path: PropertyKey[]): string {
  return `--${path.join('-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:`;
}

/** Says on which page one is, where there are more; null where all is shown. */
export function morePages(list: { totalCount: number; page: number; pageSize: number }): string | null {
  const pages = Math.ceil(list.totalCount / list.pageSize);
  if (pages <= 1) return null;
  return `Page ${list.page} of ${pages}, ${list.totalCount} in all; --page shows another.`;
}
