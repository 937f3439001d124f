// Where the key for stored secrets and for signing tokens comes from: the setting, else a file of mode 600.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../domain/settings.ts';

/** The key as 64 hex digits or base64. First start writes `secret.key` in the home folder; two may race for it. */
export function loadSecretKey(
  settings: Pick<Settings, 'IDENTITY_CENTER_SECRET_KEY' | 'IDENTITY_CENTER_HOME'>,
): string {
  if (settings.IDENTITY_CENTER_SECRET_KEY) return settings.IDENTITY_CENTER_SECRET_KEY;
  const file = join(settings.IDENTITY_CENTER_HOME, 'secret.key');
  mkdirSync(settings.IDENTITY_CENTER_HOME, { recursive: true });
  // Written whole beside it and then linked: whoever comes second finds a complete file and uses that.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}
