// Gives each test file a database of its own: a clone of the migrated template, made in a fraction of a second.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testEnvironment } from './environment.ts';

export interface TestDatabase {
  url: string;
  /** Drops it, ending whatever connections are left. */
  drop(): Promise<void>;
}

/** A database with all migrations applied and no rows. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(testEnvironment().templateDatabase);
}

/** A database without tables, for tests that migrate it themselves. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`create database ${name} template ${template}`);
  return {
    url: databaseUrl(name),
    drop: () => asAdmin(`drop database if exists ${name} with (force)`),
  };
}

function databaseUrl(name: string): string {
  const url = new URL(testEnvironment().postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: testEnvironment().postgresUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
