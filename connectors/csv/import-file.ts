// Opens files of the import folder and no others, and notices when one changes while it is read.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AppError } from '../../domain/app-error.ts';
import type { SourceFile } from '../source-file.ts';

function notAllowed(name: string, reason: string): AppError {
  return new AppError('file_not_allowed', `The file '${name}' cannot be read: ${reason}.`);
}

function openError(cause: NodeJS.ErrnoException, name: string): AppError {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError(
        'file_not_found',
        `There is no file '${name}', neither uploaded nor in the import folder.`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new AppError(
        'file_not_allowed',
        `The file '${name}' cannot be read: the account this program runs as has no right to.`,
        { cause },
      );
    case 'ELOOP':
      return notAllowed(name, 'its links lead in a circle');
    default:
      return new AppError('file_not_allowed', `The file '${name}' cannot be opened (${cause.code}).`, {
        cause,
      });
  }
}

function sameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

async function checkOpened(handle: FileHandle, path: string, root: string, name: string): Promise<Stats> {
  const opened = await handle.stat();
  if (!opened.isFile()) throw notAllowed(name, 'it is no regular file');
  // Where the name leads is looked up after opening, and must lead to what was opened: a link that is
  // exchanged in between then names another file and is refused.
  const real = await realpath(path);
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw notAllowed(name, 'it is a link that leads out of the import folder');
  }
  if (!sameFile(opened, await stat(real))) throw notAllowed(name, 'it was exchanged while it was opened');
  return opened;
}

/**
 * Opens a regular file below the import folder; `name` is relative to it. It is unchanged while size, time and inode
 * are those it was opened with.
 * @throws AppError `file_not_found`, or `file_not_allowed` for whatever is or leads elsewhere.
 */
export async function openImportFile(importDirectory: string, name: string): Promise<SourceFile> {
  const parts = name.split(/[/\\]/);
  if (name === '' || name.includes('\0') || parts.includes('..') || /^([/\\]|[A-Za-z]:)/.test(name)) {
    throw notAllowed(name, 'it must be named relative to the import folder, without ..');
  }
  let handle: FileHandle | null = null;
  try {
    const root = await realpath(importDirectory).catch((cause) => {
      throw new AppError('file_not_found', 'The import folder does not exist.', { cause });
    });
    const path = join(root, name);
    // O_NONBLOCK: opening a named pipe must not wait for somebody to write into it.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = await checkOpened(handle, path, root, name);
    const opened = handle;
    return {
      name,
      size: before.size,
      identity: `inode ${before.ino} size ${before.size} time ${before.mtimeMs}`,
      read: async (buffer, position) => (await opened.read(buffer, 0, buffer.length, position)).bytesRead,
      async assertUnchanged() {
        const [now, named] = await Promise.all([opened.stat(), stat(path).catch(() => null)]);
        const same = now.size === before.size && now.mtimeMs === before.mtimeMs;
        if (same && named !== null && sameFile(named, before)) return;
        throw new AppError(
          'source_busy',
          `The file '${name}' changed while it was read; it is read again. Write it elsewhere and move it into place.`,
        );
      },
      close: () => opened.close(),
    };
  } catch (error) {
    await handle?.close();
    throw error instanceof AppError ? error : openError(error as NodeJS.ErrnoException, name);
  }
}
