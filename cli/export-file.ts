// Writes a stream to a file that has its name only when it is whole.
import { randomUUID } from 'node:crypto';
import { createWriteStream, realpathSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandFailure, usageFailure } from './command-failure.ts';
import { EXIT } from './exit-codes.ts';

/** Where the bytes go until they are all there. */
export interface Target {
  /** The file that is written, beside the one that is meant. */
  draft: string;
  /** Gives it the name that is meant. */
  keep(): void;
  /** Removes what there is of it; a file that was there before stays. */
  discard(): void;
}

/**
 * A draft beside the file; devices and pipes are written directly, since they cannot be replaced.
 * @throws CommandFailure (usage) for a folder.
 */
function openTarget(file: string): Target {
  const present = statOf(file);
  if (present?.isDirectory()) throw usageFailure(`${file} is a folder; --output takes a file.`);
  if (present && !present.isFile()) return { draft: file, keep() {}, discard() {} };
  // A link stays one: what it points to is replaced.
  const real = present ? realpathSync(file) : file;
  const draft = `${real}.${randomUUID()}.partial`;
  return {
    draft,
    keep: () => renameSync(draft, real),
    discard: () => rmSync(draft, { force: true }),
  };
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}

/**
 * Writes all of `source` to the file.
 * @throws CommandFailure when the file cannot be written; whatever `source` throws.
 */
export async function writeWhole(source: Readable, file: string): Promise<void> {
  let target: Target | undefined;
  try {
    target = openTarget(file);
    await pipeline(source, createWriteStream(target.draft));
    target.keep();
  } catch (error) {
    target?.discard();
    throw isFileError(error) ? notWritable(file, error) : error;
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return (
    typeof (error as NodeJS.ErrnoException).path === 'string' ||
    (error as NodeJS.ErrnoException).code === 'ENOSPC'
  );
}

function notWritable(file: string, cause: NodeJS.ErrnoException): CommandFailure {
  return new CommandFailure(`${file} cannot be written: ${cause.message}`, {
    exitCode: EXIT.failure,
    code: 'file_not_writable',
    cause,
  });
}
