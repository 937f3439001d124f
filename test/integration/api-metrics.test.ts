// What Prometheus is told of runs, queue and schedules.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { pino } from 'pino';
import { createMetrics, serveMetrics } from '../../api/metrics.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection, insertProject, insertRun } from '../support/factories.ts';

let testDatabase: TestDatabase;
let database: Database;
let pool: pg.Pool;

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase({ url: testDatabase.url });
  pool = database.pool;
});

afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

const ANY_PORT = { METRICS_HOST: '127.0.0.1', METRICS_PORT: 0 };
const logger = pino({ level: 'silent' });

describe('GET /metrics', () => {
  it('tells of runs, the queue, what waits for a person, and missed schedules', async () => {
    const connectionId = await insertConnection(pool);
    const projectId = await insertProject(pool, connectionId, {
      schedule: JSON.stringify({ cron: '0 2 * * *', timeZone: 'UTC' }),
      schedule_changed_at: new Date(Date.now() - 3 * 86_400_000),
    });
    const run = (columns: object) => insertRun(pool, { projectId, connectionId }, { ...columns });
    await run({ status: 'failed' });
    await run({ status: 'failed' });
    await run({ status: 'queued', stall_code: 'no_worker' });
    await run({ status: 'paused', paused_at: new Date(Date.now() - 3_600_000) });
    await pool.query(`
      insert into notification_channel (name, since) values ('webhook', now() - interval '7 days');
      insert into notification (project_id, type, data) select gen_random_uuid(), 'sync.run.failed', '{}' from generate_series(1, 6);
      insert into notification_delivery (notification_id, channel, project_id, status, attempts, ended_at)
      select n.id, case when at = 6 then 'email' else 'webhook' end, n.project_id, status, attempts,
             case status when 'pending' then null else now() - ago end
      from (select id, project_id, row_number() over (order by id) as at from notification) n
      join (values (1, 'pending', 1, null), (2, 'pending', 2, null), (3, 'given_up', 10, interval '1 hour'),
                   (4, 'given_up', 10, interval '2 days'), (5, 'delivered', 3, interval '0'),
                   (6, 'given_up', 10, interval '1 hour')) d (at, status, attempts, ago) using (at)`);
    const server = serveMetrics(createMetrics(pool), ANY_PORT, logger);
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answer = await fetch(`${url}/metrics`);
    const text = await answer.text();
    const value = (name: string) => Number(new RegExp(`^identity_center_${name} (.+)$`, 'm').exec(text)?.[1]);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(value('runs{status="failed"}')).toBe(2);
    expect(value('runs{status="completed"}')).toBe(0);
    expect(value('queued_runs')).toBe(1);
    expect(value('stalled_runs')).toBe(1);
    expect(value('failed_projects')).toBe(1);
    expect(value('overdue_projects')).toBe(1);
    expect(value('paused_run_age_seconds')).toBeGreaterThanOrEqual(3_600);
    expect(value('notifications_waiting')).toBe(1);
    expect(value('notifications_given_up')).toBe(1);
    expect(text).toContain('process_resident_memory_bytes');
    expect((await fetch(`${url}/api/users`)).status).toBe(404);
    server.close();
  });

  it('leaves a process running that cannot have the port', async () => {
    const first = serveMetrics(createMetrics(pool), ANY_PORT, logger);
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const lines: string[] = [];
    const second = serveMetrics(
      createMetrics(pool),
      { ...ANY_PORT, METRICS_PORT: port },
      pino({}, { write: (line: string) => void lines.push(line) }),
    );
    await once(second, 'error').catch(() => {});
    expect(lines.join()).toContain('METRICS_PORT');
    first.close();
  });
});
