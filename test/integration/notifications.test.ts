// What operators are told of their syncs: once for each change, by webhook and by mail, whoever dies in between.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { channelsOf } from '../../api/notifications/channels-of.ts';
import { startDeliverySweep } from '../../api/notifications/delivery-sweep.ts';
import type { Sweep } from '../../api/sweep.ts';
import { run, sql } from '../../database/sql.ts';
import { parseSettings } from '../../domain/settings.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { type MailReceiver, startMailReceiver } from '../support/mail-receiver.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import type { WorkerProcess } from '../support/worker.ts';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

describe('notifications', () => {
  let lab: SyncLab;
  let worker: WorkerProcess;
  let webhook: WebhookReceiver;
  let mail: MailReceiver;
  let environment: Record<string, string>;
  const log: string[] = [];
  let sweep: Sweep | undefined;
  const processes: ApiProcess[] = [];

  beforeAll(async () => {
    lab = await openSyncLab();
    worker = await lab.startWorker();
    mkdirSync(join(lab.home, 'import'), { recursive: true });
    webhook = await startWebhookReceiver(SECRET);
    mail = await startMailReceiver();
    environment = {
      IDENTITY_CENTER_WEBHOOK_URL: webhook.url,
      IDENTITY_CENTER_WEBHOOK_SECRET: SECRET,
      IDENTITY_CENTER_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      IDENTITY_CENTER_MAIL_FROM: 'IdentityCenter <identity-center@example.org>',
      IDENTITY_CENTER_MAIL_TO: 'operators@example.org, night@example.org',
    };
  });

  afterEach(async () => {
    await sweep?.stop();
    for (const api of processes.splice(0)) await api.kill();
    webhook.received.splice(0);
    mail.messages.splice(0);
    webhook.answers.splice(0, webhook.answers.length, 204);
  });

  afterAll(async () => {
    await webhook?.close();
    await mail?.close();
    await lab?.close();
  });

  async function deliver(): Promise<void> {
    sweep = startDeliverySweep({
      pool: lab.database.pool,
      channels: channelsOf(parseSettings(environment)),
      logger: pino({ level: 'info' }, { write: (line) => log.push(line) }),
      everyMs: 50,
    });
    await channelsKnown();
  }

  const channelsKnown = () =>
    until('the channels to be known', async () => {
      const rows = await run(lab.database.pool, sql`select from notification_channel`);
      return rows.length === 2;
    });

  function write(name: string, people: number): void {
    const rows = Array.from({ length: people }, (_, index) => `${index},Person ${index} of ${name}`);
    writeFileSync(join(lab.home, 'import', `${name}.csv`), ['id,displayName', ...rows, ''].join('\n'));
  }

  async function addProject(name: string): Promise<string> {
    const connectionId = await lab.addConnection('csv', { file: `${name}.csv`, keyColumn: 'id' });
    return lab.addProject({ name, connectionId });
  }

  async function sync(projectId: string, expected: string): Promise<string> {
    const runId = await lab.trigger(projectId);
    expect((await lab.runOver(runId)).status).toBe(expected);
    return runId;
  }

  const types = () => webhook.received.map(({ payload }) => payload.type);
  const subjects = () => mail.messages.map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]?.trim());
  const told = (count: number) =>
    until(
      `${count} messages by each channel`,
      () => webhook.received.length >= count && mail.messages.length >= count,
      30_000,
    );
  /** Everything written has been delivered, so that what is not there was not told. */
  const allDelivered = () =>
    until('all to be delivered', async () => {
      const pending = await run(
        lab.database.pool,
        sql`select from notification_delivery where status = 'pending'`,
      );
      return pending.length === 0;
    });

  it('tells a failure once, and once that it works again', async () => {
    await deliver();
    const projectId = await addProject('HR');
    const first = await sync(projectId, 'failed');
    await sync(projectId, 'failed');
    write('HR', 5);
    const third = await sync(projectId, 'completed');
    await sync(projectId, 'completed');
    await told(2);
    await allDelivered();
    expect(webhook.refused).toEqual([]);
    expect(webhook.received.map(({ payload }) => payload)).toMatchObject([
      {
        type: 'sync.run.failed',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        data: {
          project: { id: projectId, name: 'HR' },
          run: { id: first, status: 'failed', error: { code: 'file_not_found' } },
          previous: null,
        },
      },
      {
        type: 'sync.run.recovered',
        data: {
          project: { id: projectId, name: 'HR' },
          run: { id: third, status: 'completed', error: null },
          previous: { state: 'failed' },
        },
      },
    ]);
    expect(subjects()).toEqual(['[IdentityCenter] HR: sync failed', '[IdentityCenter] HR: sync works again']);
    expect(mail.messages[0]).toMatchObject({
      from: 'identity-center@example.org',
      to: ['operators@example.org', 'night@example.org'],
    });
    expect(mail.messages[0]?.text).toContain(`Message-ID: <${webhook.received[0]?.id}@example.org>`);
    expect(mail.messages[0]?.text).toContain('(file_not_found)');
  });

  it('tells of a run that waits for approval, with the number of removals and no name of a person', async () => {
    await deliver();
    const projectId = await addProject('Contractors');
    write('Contractors', 20);
    await sync(projectId, 'completed');
    write('Contractors', 5);
    const runId = await lab.trigger(projectId);
    await told(1);
    await lab.resume(projectId, runId);
    await lab.runOver(runId);
    await told(2);
    await allDelivered();
    expect(webhook.received.map(({ payload }) => payload)).toMatchObject([
      {
        type: 'sync.run.paused',
        data: {
          run: { id: runId, status: 'paused', pauseReason: 'delete_threshold', pendingRemovals: 15 },
        },
      },
      { type: 'sync.run.recovered', data: { run: { id: runId }, previous: { state: 'paused' } } },
    ]);
    expect(mail.messages[0]?.text).toContain('would remove 15 objects');
    expect(JSON.stringify([webhook.received, mail.messages])).not.toContain('Person');
  });

  it('tells that a project is overdue by its schedule, once, and that it completed', async () => {
    const projectId = await addProject('Nightly');
    write('Nightly', 2);
    await run(
      lab.database.pool,
      sql`update sync_project set schedule = '{"cron": "0 2 * * *", "timeZone": "UTC"}',
                 schedule_changed_at = now() - interval '3 days' where id = ${projectId}`,
    );
    await deliver();
    await told(1);
    await sweep?.stop();
    // A process that starts looks at once: this one finds what the first has told.
    await deliver();
    await sync(projectId, 'completed');
    await told(2);
    await allDelivered();
    expect(webhook.received.map(({ payload }) => payload)).toMatchObject([
      { type: 'sync.project.overdue', data: { project: { id: projectId }, run: null, previous: null } },
      { type: 'sync.run.recovered', data: { previous: { state: 'overdue' } } },
    ]);
    expect(subjects()[0]).toBe('[IdentityCenter] Nightly: sync is overdue');
  });

  it('says nothing of dry runs and of what somebody cancelled', async () => {
    await deliver();
    const projectId = await addProject('Quiet');
    const dry = await lab.trigger(projectId, { dryRun: true });
    expect((await lab.runOver(dry)).status).toBe('failed');
    await allDelivered();
    expect(types()).toEqual([]);
  });

  it('tries again under the same id when it was not taken, and keeps the order', async () => {
    webhook.answers.splice(0, 1, 500, 204);
    await deliver();
    const projectId = await addProject('Stubborn');
    await sync(projectId, 'failed');
    await until('the first attempt', () => webhook.received.length === 1);
    write('Stubborn', 3);
    await sync(projectId, 'completed');
    await until('all three attempts', () => webhook.received.length === 3);
    await allDelivered();
    expect(types()).toEqual(['sync.run.failed', 'sync.run.failed', 'sync.run.recovered']);
    const [first, second, third] = webhook.received.map(({ id }) => id);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(mail.messages).toHaveLength(2);
  });

  it('is told in the end although worker and API were killed in between', async () => {
    const first = startApi();
    await channelsKnown();
    await first.kill();
    const projectId = await addProject('Unlucky');
    await sync(projectId, 'failed');
    await worker.kill('SIGKILL');
    webhook.answers.splice(0, 1, 'never', 204);
    const second = startApi();
    await until('the message to arrive', () => webhook.received.length === 1);
    await second.kill();
    startApi();
    await until('the message to be repeated', () => webhook.received.length === 2);
    await allDelivered();
    expect(types()).toEqual(['sync.run.failed', 'sync.run.failed']);
    expect(webhook.received[1]?.id).toBe(webhook.received[0]?.id);
    worker = await lab.startWorker();
  });

  it('forgets what waits for a channel that is taken away, and begins anew when it is back', async () => {
    webhook.answers.splice(0, 1, 500);
    await deliver();
    const projectId = await addProject('Orphan');
    await sync(projectId, 'failed');
    await until('the first attempt', () => webhook.received.length === 1);
    await sweep?.stop();
    sweep = startDeliverySweep({
      pool: lab.database.pool,
      channels: [],
      logger: pino({ level: 'silent' }),
      everyMs: 50,
    });
    await allDelivered();
    await sweep.stop();
    webhook.answers.splice(0, 1, 204);
    await deliver();
    await sync(projectId, 'failed');
    await until('the next failure to be told', () => webhook.received.length === 2);
    expect(webhook.received[1]?.payload.data).toMatchObject({ previous: null });
    expect(webhook.received[1]?.id).not.toBe(webhook.received[0]?.id);
  });

  it('puts neither secret nor address into logs and tables', async () => {
    const rows = await run<{ text: string }>(
      lab.database.pool,
      sql`select concat((select jsonb_agg(to_jsonb(d)) from notification_delivery d),
                        (select jsonb_agg(to_jsonb(n)) from notification n)) as text`,
    );
    expect(log.join('')).toContain('notification delivered');
    for (const hidden of [SECRET.slice('whsec_'.length), 'in-the-address'])
      expect(`${log.join('')}${rows[0]?.text}`).not.toContain(hidden);
  });

  function startApi(): ApiProcess {
    const api = startApiProcess({ ...lab, environment });
    processes.push(api);
    return api;
  }
});
