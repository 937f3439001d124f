// Holds the reads of a database back once they have staged so many entries, until the test opens the gate.
import type pg from 'pg';
import { until } from './until.ts';

const GATE = 7_201_100;

export interface ReadGate {
  /** Resolves when a read is held back. */
  reached(): Promise<void>;
  /** Reads go on, and are not held back any more. */
  open(): Promise<void>;
}

/** A crash of the database opens it, too. */
export async function closeReadGate(pool: pg.Pool, entries: number): Promise<ReadGate> {
  const client = await pool.connect();
  // Else the pool would wait for it when it is closed.
  client.on('error', (error) => client.release(error));
  await client.query('select pg_advisory_lock($1)', [GATE]);
  await client.query(`
    create or replace function read_gate() returns trigger language plpgsql as $$ begin
      if new.staged_count >= ${entries} and new.staged_epoch is null
        then perform pg_advisory_xact_lock_shared(${GATE}); end if;
      return new;
    end $$;
    create or replace trigger read_gate before update of staged_count on sync_run
      for each row execute function read_gate()`);
  return {
    reached: () =>
      until('a read to be held back', async () => {
        const { rows } = await pool.query(
          `select from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
          [GATE],
        );
        return rows.length > 0;
      }).then(() => {}),
    async open() {
      await client.query('select pg_advisory_unlock($1)', [GATE]);
      client.release();
    },
  };
}
