// What Prometheus reads: runs, queue and schedules, out of the database, and this process's own figures.
import { createServer, type Server } from 'node:http';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { countFailedProjects } from '../database/queries/failed-projects.ts';
import { undelivered } from '../database/queries/notifications/undelivered.ts';
import { overdueProjects } from '../database/queries/overdue-projects.ts';
import { pausedRuns } from '../database/queries/paused-runs.ts';
import { waitingPersons } from '../database/queries/persons/waiting-persons.ts';
import { runsByStatus } from '../database/queries/runs-by-status.ts';
import { countStalled } from '../database/queries/stalled-runs.ts';
import type { Settings } from '../domain/settings.ts';

/** Every API process tells the same of the runs: take the maximum over them, not the sum. */
export function createMetrics(pool: Pool): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => Promise<number>) =>
    new Gauge({
      name: `identity_center_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  new Gauge({
    name: 'identity_center_runs',
    help: 'Runs in the history, by status.',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      for (const [status, count] of Object.entries(await runsByStatus(pool))) this.set({ status }, count);
    },
  });
  gauge(
    'queued_runs',
    'Runs that are written and have not begun.',
    async () => (await runsByStatus(pool)).queued ?? 0,
  );
  gauge(
    'paused_run_age_seconds',
    'How long the oldest of the paused runs has waited for a person; 0 where none is paused.',
    async () => (await pausedRuns(pool)).oldestSeconds,
  );
  gauge('stalled_runs', 'Open runs that nobody works on.', () => countStalled(pool));
  gauge('failed_projects', 'Enabled projects whose last run failed.', () => countFailedProjects(pool));
  gauge(
    'overdue_projects',
    'Projects that have not completed for longer than their schedule promises.',
    async () => (await overdueProjects(pool)).length,
  );
  gauge(
    'notifications_waiting',
    'Notifications that were refused twice or more and are tried again.',
    async () => (await undelivered(pool)).waiting,
  );
  gauge(
    'notifications_given_up',
    'Notifications that were given up within the last day.',
    async () => (await undelivered(pool)).givenUp,
  );
  gauge(
    'persons_waiting',
    'Persons that wait for a refresh: something of them has changed.',
    async () => (await waitingPersons(pool)).count,
  );
  gauge(
    'persons_waiting_age_seconds',
    'How long the person, or the refresh of a profile, that waits longest does so; 0 where nobody waits.',
    async () => (await waitingPersons(pool)).oldestSeconds,
  );
  return registry;
}

/**
 * Serves `GET /metrics` on a port of its own, and nothing else. A port that cannot be had is a warning: the API is
 * worth more than its figures, and two APIs on one machine want two ports.
 */
export function serveMetrics(
  registry: Registry,
  { METRICS_HOST: host, METRICS_PORT: port }: Pick<Settings, 'METRICS_HOST' | 'METRICS_PORT'>,
  logger: Logger,
): Server {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      ({ message }: Error) => {
        logger.warn({ message }, 'metrics could not be read');
        response.writeHead(503).end();
      },
    );
  });
  server.on('error', ({ code }: NodeJS.ErrnoException) =>
    logger.warn({ code }, `metrics are not served: port ${port} on ${host} cannot be had; see METRICS_PORT`),
  );
  server.on('listening', () => logger.info({ host, port: portOf(server) }, 'serving metrics'));
  return server.listen(port, host);
}

function portOf(server: Server): number | null {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? null) : null;
}
