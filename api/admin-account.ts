// Makes the first start's admin account.
import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { hasAccounts, insertAccountIfMissing } from '../database/queries/accounts.ts';
import { hashPassword } from './auth/passwords.ts';

export const ADMIN_USERNAME = 'admin';

/**
 * Creates `admin` while there is no account at all, with the given password or a generated one. Answers with
 * the generated password, to be shown once and kept nowhere; null where there is nothing to show.
 */
export async function ensureAdminAccount(pool: Pool, password: string | undefined): Promise<string | null> {
  if (await hasAccounts(pool)) return null;
  const chosen = password ?? randomBytes(15).toString('base64url');
  const created = await insertAccountIfMissing(pool, {
    username: ADMIN_USERNAME,
    displayName: 'Administrator',
    passwordHash: await hashPassword(chosen),
    role: 'admin',
  });
  return created && password === undefined ? chosen : null;
}
