// A database with connections and accounts to correlate, and what came of it in a form that tests compare.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { CorrelationCounts } from '../../database/queries/correlation/apply-placements.ts';
import { correlate } from '../../database/queries/correlation/correlate.ts';
import { askForEverything } from '../../database/queries/correlation/correlation-state.ts';
import type { MostBounds } from '../../database/queries/correlation/dirty-accounts.ts';
import { transaction } from '../../database/sql.ts';
import { createTestDatabase } from './database.ts';
import { insertChange, insertConnection, insertObject, insertRun } from './factories.ts';

/** What an account is compared by. */
export interface AccountKeys {
  employeeId?: string | null;
  email?: string | null;
  userPrincipalName?: string | null;
  accountName?: string | null;
  displayName?: string;
  phone?: string | null;
  givenName?: string | null;
  surname?: string | null;
  /** All others, as the source has them. */
  attributes?: Record<string, string[]>;
}

export interface CorrelationLab {
  pool: pg.Pool;
  databaseUrl: string;
  /** @param priority makes it authoritative */
  connection(name: string, priority?: number): Promise<string>;
  account(connectionId: string, name: string, keys: AccountKeys): Promise<string>;
  /** Changes an account as a run does that ends before it is correlated. */
  change(objectId: string, keys: AccountKeys & { removed?: boolean; objectClass?: string }): Promise<void>;
  correlate(): Promise<CorrelationCounts>;
  /** As `correlate`, as if so much had changed that it is not worked out whom it concerns. */
  correlateMost(): Promise<CorrelationCounts>;
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
  userPrincipalName: 'user_principal_name',
  accountName: 'account_name',
  displayName: 'display_name',
  phone: 'phone',
  givenName: 'given_name',
  surname: 'surname',
  attributes: 'attributes',
};

export async function correlationLab(): Promise<CorrelationLab> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  // An idle connection may be ended by the drop of the database before it has ended itself.
  pool.on('error', () => {});
  // A database starts with everything to be evaluated; tests begin after that.
  await pool.query('update correlation_state set answered = asked');
  const changed = async (objectId: string) => {
    const { rows } = await pool.query('select connection_id from directory_object where id = $1', [objectId]);
    const connectionId: string = rows[0].connection_id;
    const runId = await insertRun(pool, { projectId: randomUUID(), connectionId }, { correlated_at: null });
    await insertChange(pool, { connectionId, objectId, runId, kind: 'updated' });
  };
  const run = (bounds?: MostBounds) => transaction(pool, (client) => correlate(client, null, bounds));
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
      await changed(id);
      return id;
    },
    async change(objectId, { removed, objectClass, ...keys }) {
      const columns: Record<string, unknown> = { updated_at: new Date() };
      for (const [key, value] of Object.entries(keys)) columns[COLUMNS[key as keyof AccountKeys]] = value;
      if (removed !== undefined) columns.removed_at = removed ? columns.updated_at : null;
      if (objectClass !== undefined) columns.object_class = objectClass;
      const assignments = Object.keys(columns).map((name, index) => `${name} = $${index + 2}`);
      await pool.query(`update directory_object set ${assignments.join(', ')} where id = $1`, [
        objectId,
        ...Object.values(columns),
      ]);
      await changed(objectId);
    },
    correlate: () => run(),
    correlateMost: () => run({ part: 0, few: 0 }),
    async correlateEverything() {
      await askForEverything(pool);
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
      await pool.query(`truncate connection, directory_object, object_count, object_change, sync_run, person, refresh_wanted,
        account_change, user_name, user_name_attribute, person_link,
        person_link_event, correlation_key, name_key, correlation_dirty, correlation_case, correlation_rule_set cascade`);
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}
