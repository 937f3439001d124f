// Accounts and persons of a database of its own, with the workflow that refreshes persons on real workers.
import { pino } from 'pino';
import { startRefreshSweep } from '../../api/refresh-sweep.ts';
import type { Sweep } from '../../api/sweep.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import {
  REFRESH_PERSONS_WORKFLOW,
  refreshPersonsStart,
  refreshPersonsWorkflowId,
} from '../../workflows/identity-refresh-messages.ts';
import { DEFAULT_SYNC_TIMINGS, wakeSignal } from '../../workflows/messages.ts';
import { type CorrelationLab, correlationLab } from './correlation-lab.ts';
import { testEnvironment } from './environment.ts';
import { openSyncLab, type SyncLab } from './sync-lab.ts';
import { until } from './until.ts';

export interface RefreshLab extends Pick<CorrelationLab, 'pool' | 'connection' | 'account' | 'change'> {
  accounts: CorrelationLab;
  sync: SyncLab;
  /** As an API process sweeps, five times a second. @param hours see `RefreshSweepDeps` */
  sweep(hours?: number): Sweep;
  /** Starts or wakes the workflow, with short time-outs, so that the task of a dead worker moves on soon. */
  wake(): Promise<void>;
  /** What the person of an account is. */
  personOf(objectId: string): Promise<Record<string, unknown>>;
  /** Resolves when nobody waits. */
  settled(): Promise<void>;
  /** The workflow that ran last. */
  workflow(): ReturnType<SyncLab['client']['workflow']['getHandle']>;
  close(): Promise<void>;
}

export async function refreshLab(): Promise<RefreshLab> {
  const accounts = await correlationLab();
  const sync = await openSyncLab(accounts.databaseUrl);
  const temporal = createTemporalAccess(testEnvironment().temporalAddress, 'default');
  const { pool } = accounts;
  const { taskQueue, client } = sync;
  const sweeps: Sweep[] = [];
  const timings = { ...DEFAULT_SYNC_TIMINGS, heartbeatTimeoutMs: 3_000, retryInitialMs: 200 };
  return {
    pool,
    accounts,
    sync,
    connection: accounts.connection,
    account: accounts.account,
    change: accounts.change,
    sweep(timeBasedHours = 0) {
      const logger = pino({ level: 'silent' });
      const sweep = startRefreshSweep({ pool, temporal, taskQueue, timeBasedHours, logger, everyMs: 200 });
      sweeps.push(sweep);
      return sweep;
    },
    async wake() {
      await client.workflow.signalWithStart(REFRESH_PERSONS_WORKFLOW, {
        ...refreshPersonsStart(taskQueue, timings),
        signal: wakeSignal,
        signalArgs: [],
      });
    },
    async personOf(objectId) {
      const { rows } = await pool.query(
        'select p.* from person_link l join person p on p.id = l.person_id where l.object_id = $1',
        [objectId],
      );
      return rows[0];
    },
    settled: () =>
      until('nobody to wait for a refresh', async () => {
        const { rowCount } = await pool.query(
          'select from refresh_wanted union all select from account_change limit 1',
        );
        return rowCount === 0;
      }).then(() => {}),
    workflow: () => client.workflow.getHandle(refreshPersonsWorkflowId(taskQueue)),
    async close() {
      await Promise.all(sweeps.map((sweep) => sweep.stop()));
      await temporal.close();
      await sync.close();
      await accounts.close();
    },
  };
}
