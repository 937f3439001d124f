// Holds a run back at the beginning of one of its steps, until the test has made ready what it wants to happen there.
import type pg from 'pg';
import { until } from './until.ts';

const GATE = 7_201_099;

export interface StepGate {
  /** Resolves when a run waits in front of the step; it waits until `open`. */
  reached(): Promise<void>;
  open(): Promise<void>;
}

/** Closes the gate before `step` for the runs of a database. One gate at a time. */
export async function closeGate(pool: pg.Pool, step: string): Promise<StepGate> {
  const client = await pool.connect();
  await client.query('select pg_advisory_lock($1)', [GATE]);
  await client.query(`
    create or replace function step_gate() returns trigger language plpgsql as $$ begin
      if new.name = '${step}' and new.status = 'running' then perform pg_advisory_xact_lock_shared(${GATE}); end if;
      return new;
    end $$;
    create or replace trigger step_gate before update on sync_run_step
      for each row execute function step_gate()`);
  return {
    reached: () =>
      until(`a run to stand before step ${step}`, async () => {
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
