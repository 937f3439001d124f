// Runs statements written with Kysely's `sql` tag on a pool or on one client inside a transaction.
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type pg from 'pg';

export { type RawBuilder, sql };

/** A pool, or a client that a transaction holds. */
export type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>;

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The text and the parameters that a statement is sent as. */
export function compileStatement(statement: RawBuilder<unknown>): {
  sql: string;
  parameters: readonly unknown[];
} {
  return statement.compile(compiler);
}

/** Sends one parametrised statement and answers with its rows. */
export async function run<Row>(on: Queryable, statement: RawBuilder<Row>): Promise<Row[]> {
  const compiled = statement.compile(compiler);
  const result = await (on as pg.Pool).query(compiled.sql, [...compiled.parameters]);
  return result.rows as Row[];
}

/** As `run`, for statements that answer with at most one row. */
export async function runOne<Row>(on: Queryable, statement: RawBuilder<Row>): Promise<Row | undefined> {
  return (await run(on, statement))[0];
}

/** Whether a statement finds any row. */
export async function exists(on: Queryable, rows: RawBuilder<unknown>): Promise<boolean> {
  return (await run(on, sql`${rows} limit 1`)).length > 0;
}

/** Runs `work` in a transaction on one client: committed when it returns, rolled back when it throws. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
