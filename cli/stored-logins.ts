// Keeps the tokens of logins in a file that only its owner can read; passwords are never in it.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-codes.ts';

const loginSchema = z.object({ token: z.string(), username: z.string(), expiresAt: z.string() });
const fileSchema = z.object({ logins: z.record(z.string(), loginSchema) });

export type StoredLogin = z.infer<typeof loginSchema>;

/** A login belongs to one server: a token is never sent to another. */
export interface StoredLogins {
  find(serverUrl: string): StoredLogin | null;
  save(serverUrl: string, login: StoredLogin): void;
  remove(serverUrl: string): void;
}

/** @throws CommandFailure, from each function, when the file can be neither read nor written. */
export function openStoredLogins(file: string): StoredLogins {
  const change = (update: (logins: Record<string, StoredLogin>) => void) => {
    const logins = readLogins(file);
    update(logins);
    writeLogins(file, logins);
  };
  return {
    find: (serverUrl) => readLogins(file)[serverUrl] ?? null,
    save: (serverUrl, login) =>
      change((logins) => {
        logins[serverUrl] = login;
      }),
    remove: (serverUrl) =>
      change((logins) => {
        delete logins[serverUrl];
      }),
  };
}

function readLogins(file: string): Record<string, StoredLogin> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).logins;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw unusable(`The stored logins in ${file} cannot be read; delete the file and log in again.`, cause);
  }
}

/** A new file takes the old one's place, so that it has mode 600 from its first byte and is never half a file. */
function writeLogins(file: string, logins: Record<string, StoredLogin>): void {
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify({ logins }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw unusable(`The login cannot be stored in ${file}: ${(cause as Error).message}`, cause);
  }
}

function unusable(message: string, cause: unknown): CommandFailure {
  return new CommandFailure(message, { exitCode: EXIT.failure, code: 'file_not_writable', cause });
}
