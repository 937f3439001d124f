// What a channel does with receivers that redirect, refuse, hang up, or lie where nothing may be sent.
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createEmailChannel } from '../../api/notifications/email.ts';
import { createWebhookChannel } from '../../api/notifications/webhook.ts';
import type { Notification } from '../../domain/notification.ts';
import { type MailReceiver, startMailReceiver } from '../support/mail-receiver.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const OLD_SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const { signal } = new AbortController();

const NOTIFICATION: Notification = {
  id: '019a0000-0000-7000-8000-000000000001',
  type: 'sync.project.overdue',
  at: new Date('2026-01-02T03:04:05.678Z'),
  data: {
    project: { id: '019a0000-0000-7000-8000-000000000002', name: 'Personnel – Zürich\r\nBcc: a@b' },
    run: null,
    previous: null,
  },
};

describe('the webhook channel', () => {
  let receiver: WebhookReceiver;
  afterEach(() => receiver?.close());

  const channel = (url: string, secrets = [SECRET]) => createWebhookChannel({ url, secrets });

  it('signs so that the verifier of the specification agrees, with every secret there is', async () => {
    receiver = await startWebhookReceiver(OLD_SECRET);
    await channel(receiver.url, [SECRET, OLD_SECRET]).deliver(NOTIFICATION, signal);
    expect(receiver.refused).toEqual([]);
    expect(receiver.received).toEqual([
      {
        id: NOTIFICATION.id,
        path: '/hooks?token=in-the-address',
        payload: {
          type: 'sync.project.overdue',
          timestamp: '2026-01-02T03:04:05.678Z',
          data: NOTIFICATION.data,
        },
      },
    ]);
  });

  it('is refused by a receiver with another secret', async () => {
    receiver = await startWebhookReceiver(OLD_SECRET);
    await channel(receiver.url).deliver(NOTIFICATION, signal);
    expect(receiver.received).toEqual([]);
    expect(receiver.refused).toEqual(['No matching signature found']);
  });

  it('follows no redirect', async () => {
    receiver = await startWebhookReceiver(SECRET);
    receiver.answers.splice(0, 1, [302, { Location: '/elsewhere' }], 204);
    const delivery = channel(receiver.url).deliver(NOTIFICATION, signal);
    await expect(delivery).rejects.toThrow(/^127\.0\.0\.1:\d+ answered 302\.$/);
    expect(receiver.received).toHaveLength(1);
  });

  it('takes 410 for a wish to hear no more of it, and 503 for one to be asked again', async () => {
    receiver = await startWebhookReceiver(SECRET);
    receiver.answers.splice(0, 1, 410, 503);
    const deliver = () => channel(receiver.url).deliver(NOTIFICATION, signal);
    await expect(deliver()).rejects.toMatchObject({ worthRetrying: false });
    await expect(deliver()).rejects.toMatchObject({ worthRetrying: true });
  });

  it('breaks off when it is told to stop', async () => {
    receiver = await startWebhookReceiver(SECRET);
    receiver.answers.splice(0, 1, 'never');
    const stop = new AbortController();
    const delivery = channel(receiver.url).deliver(NOTIFICATION, stop.signal);
    stop.abort();
    await expect(delivery).rejects.toThrow();
  });

  it.each(['http://169.254.169.254/latest', 'http://[fe80::a9fe:a9fe]/', 'http://169.254.1.1/'])(
    'sends nothing to %s',
    async (url) => {
      const delivery = channel(url).deliver(NOTIFICATION, signal);
      await expect(delivery).rejects.toMatchObject({ code: 'address_not_allowed' });
    },
  );

  it('says that nobody listens', async () => {
    const delivery = channel('http://127.0.0.1:1/secret-path').deliver(NOTIFICATION, signal);
    await expect(delivery).rejects.toThrow(/^127\.0\.0\.1:1 refused the connection/);
  });
});

describe('the email channel', () => {
  let receiver: MailReceiver;
  afterEach(() => receiver?.close());

  const channel = (smtpUrl: string) =>
    createEmailChannel({ smtpUrl, from: 'ic@example.org', to: 'ops@example.org' });

  it('sends a mail whose headers hold what they should, whatever the project is called', async () => {
    receiver = await startMailReceiver();
    await channel(`smtp://127.0.0.1:${receiver.port}`).deliver(NOTIFICATION, signal);
    expect(receiver.messages).toHaveLength(1);
    const [message] = receiver.messages;
    expect(message?.to).toEqual(['ops@example.org']);
    const [head = ''] = message?.text.split('\r\n\r\n') ?? [];
    expect(head).toContain(`Message-ID: <${NOTIFICATION.id}@example.org>`);
    expect(head).toContain('Auto-Submitted: auto-generated');
    expect(head).not.toMatch(/^Bcc:/m);
  });

  it('sends no password to a server without TLS', async () => {
    receiver = await startMailReceiver();
    const delivery = channel(`smtp://user:sesame@127.0.0.1:${receiver.port}`).deliver(NOTIFICATION, signal);
    await expect(delivery).rejects.toThrow(/^The mail server 127\.0\.0\.1:\d+ did not take the message/);
    expect(receiver.logins).toEqual([]);
    expect(receiver.messages).toEqual([]);
  });

  it('names the code of a refusal and quotes nothing', async () => {
    receiver = await startMailReceiver({
      onRcptTo: (_address, _session, done) => done(new Error('no such user ops@example.org')),
    });
    const delivery = channel(`smtp://127.0.0.1:${receiver.port}`).deliver(NOTIFICATION, signal);
    const error = (await delivery.catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/\(EENVELOPE, \d+\)\.$/);
    expect(error.message).not.toContain('ops@example.org');
  });

  it('sends nothing to link-local addresses', async () => {
    const delivery = channel('smtp://169.254.1.1').deliver(NOTIFICATION, signal);
    await expect(delivery).rejects.toMatchObject({ code: 'address_not_allowed' });
  });
});
