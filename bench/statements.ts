// Which SQL statements a run spent the database's time in, out of pg_stat_statements.
import pg from 'pg';

export interface StatementTime {
  calls: number;
  seconds: number;
  rows: number;
  /** The beginning of the statement, on one line. */
  sql: string;
}

/** What the server needs to be started with. */
export const STATEMENT_SETTINGS: Record<string, string> = {
  shared_preload_libraries: 'pg_stat_statements',
};

const SHOWN_CHARACTERS = 150;

/** Forgets what was counted so far. */
export async function resetStatements(databaseUrl: string): Promise<void> {
  await query(databaseUrl, 'create extension if not exists pg_stat_statements');
  await query(databaseUrl, 'select pg_stat_statements_reset()');
}

/** The `count` statements of this database that took the most time since the reset. */
export async function topStatements(databaseUrl: string, count: number): Promise<StatementTime[]> {
  return query<StatementTime>(
    databaseUrl,
    `select calls::int, total_exec_time / 1000 as seconds, rows::int,
            left(trim(regexp_replace(query, '\\s+', ' ', 'g')), ${SHOWN_CHARACTERS}) as sql
     from pg_stat_statements
     where dbid = (select oid from pg_database where datname = current_database())
     order by total_exec_time desc limit ${count}`,
  );
}

async function query<Row>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}
