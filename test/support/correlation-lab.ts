// A database with connections and accounts to correlate, and what came of it in a form that tests compare.
import pg from 'pg';
import type { CorrelationCounts } from '../../database/queries/correlation/apply-placements.ts';
import { correlate } from '../../database/queries/correlation/correlate.ts';
import { transaction } from '../../database/sql.ts';
import { createTestDatabase } from './database.ts';
import { insertConnection, insertObject } from './factories.ts';

/** What an account is compared by. */
export interface AccountKeys {
  employeeId?: string | null;
  email?: string | null;
  accountName?: string | null;
  givenName?: string | null;
  surname?: string | null;
}

export interface CorrelationLab {
  pool: pg.Pool;
  databaseUrl: string;
  /** @param priority makes it authoritative */
  connection(name: string, priority?: number): Promise<string>;
  account(connectionId: string, name: string, keys: AccountKeys): Promise<string>;
  /** Changes an account as a run would, and leaves it for the next correlation. */
  change(objectId: string, keys: AccountKeys & { removed?: boolean }): Promise<void>;
  correlate(): Promise<CorrelationCounts>;
  /** As `correlate`, with all accounts evaluated anew. */
  correlateEverything(): Promise<CorrelationCounts>;
  /** Names of the accounts of each person, and of those that wait for a decision with the reason. */
  outcome(): Promise<{ persons: string[][]; cases: Record<string, string> }>;
  /** Takes all connections, accounts and persons away. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

const COLUMNS: Record<keyof AccountKeys, string> = {
  employeeId: 'employee_id',
  email: 'email',
  accountName: 'account_name',
  givenName: 'given_name',
  surname: 'surname',
};

export async function correlationLab(): Promise<CorrelationLab> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  // An idle connection may be ended by the drop of the database before it has ended itself.
  pool.on('error', () => {});
  // A database starts with everything to be evaluated; tests begin after that.
  await pool.query('update correlation_state set everything = false');
  const dirty = (objectId: string) =>
    pool.query('insert into correlation_dirty values ($1) on conflict do nothing', [objectId]);
  const run = () => transaction(pool, (client) => correlate(client, null));
  return {
    pool,
    databaseUrl: database.url,
    async connection(name, priority) {
      const id = await insertConnection(pool, { name });
      if (priority !== undefined)
        await pool.query(
          `insert into identity_profile (name, priority, connection_id, identity_attribute_config)
           values ($1, $2, $3, '{}')`,
          [name, priority, id],
        );
      return id;
    },
    async account(connectionId, name, keys) {
      const columns = Object.fromEntries(
        Object.entries(keys).map(([key, value]) => [COLUMNS[key as keyof AccountKeys], value]),
      );
      const id = await insertObject(pool, connectionId, 'user', {
        source_id: name,
        display_name: name,
        ...columns,
      });
      await dirty(id);
      return id;
    },
    async change(objectId, { removed, ...keys }) {
      for (const [key, value] of Object.entries(keys))
        await pool.query(
          `update directory_object set ${COLUMNS[key as keyof AccountKeys]} = $2 where id = $1`,
          [objectId, value],
        );
      if (removed !== undefined)
        await pool.query('update directory_object set removed_at = $2 where id = $1', [
          objectId,
          removed ? new Date() : null,
        ]);
      await dirty(objectId);
    },
    correlate: run,
    async correlateEverything() {
      await pool.query('update correlation_state set everything = true');
      return run();
    },
    async outcome() {
      const persons = await pool.query<{ names: string[] }>(`
        select array_agg(o.source_id order by o.source_id) as names
        from person_link l join directory_object o on o.id = l.object_id
        join person p on p.id = l.person_id and p.dissolved_at is null
        group by l.person_id order by 1`);
      const cases = await pool.query<{ name: string; reason: string }>(`
        select o.source_id as name, c.reason from correlation_case c join directory_object o on o.id = c.object_id
        where c.status = 'open' order by 1`);
      return {
        persons: persons.rows.map(({ names }) => names),
        cases: Object.fromEntries(cases.rows.map(({ name, reason }) => [name, reason])),
      };
    },
    async empty() {
      await pool.query(`truncate connection, directory_object, object_count, person, person_link_event,
        correlation_key, correlation_dirty, correlation_case cascade`);
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}
