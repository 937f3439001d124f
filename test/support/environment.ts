// Tells tests where the servers are that Jest's global set-up started for the whole run.

/** The PostgreSQL and Temporal servers of the run. */
export interface TestEnvironment {
  /** The superuser's URL, of the maintenance database. */
  postgresUrl: string;
  /** A migrated database that nobody is connected to; see database.ts. */
  templateDatabase: string;
  /** `host:port`. */
  temporalAddress: string;
  /** Path of the `temporal` program. */
  temporalCli: string;
  postgres: { binDirectory: string; dataDirectory: string; port: number };
}

/** The environment variable that carries it from the set-up to the processes that run tests. */
export const TEST_ENVIRONMENT_VARIABLE = 'IDENTITY_CENTER_TEST_ENVIRONMENT';

/** @throws Error outside a Jest run. */
export function testEnvironment(): TestEnvironment {
  const text = process.env[TEST_ENVIRONMENT_VARIABLE];
  if (!text) throw new Error('There are no test servers: run this through Jest.');
  return JSON.parse(text);
}
