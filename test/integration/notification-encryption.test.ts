// Notifications over TLS: receivers whose certificates are an authority's of the house, and a mail server with a login.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type MailReceiver, startMailReceiver } from '../support/mail-receiver.ts';
import { describeWithSlapd } from '../support/slapd.ts';
import { makeCertificates } from '../support/slapd-files.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const PROGRAM = join(import.meta.dirname, '..', 'support', 'deliver-notification.ts');
const SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const PASSWORD = 'öpen sesame/@:';

// Where there is slapd there is openssl: its own tests need both.
describeWithSlapd('notifications over TLS', () => {
  let folder: string;
  let authority: string;
  let webhook: WebhookReceiver;
  let mail: MailReceiver;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'identity-center-tls-'));
    await makeCertificates('openssl', folder);
    authority = join(folder, 'ca.pem');
    const tls = {
      key: readFileSync(join(folder, 'server.key'), 'utf8'),
      cert: readFileSync(join(folder, 'server.pem'), 'utf8'),
    };
    webhook = await startWebhookReceiver(SECRET, tls);
    mail = await startMailReceiver({
      ...tls,
      disabledCommands: [],
      authOptional: false,
      allowInsecureAuth: false,
      onAuth: ({ username, password }, { secure }, done) => {
        const isRight = secure && username === 'ops@example.org' && password === PASSWORD;
        done(isRight ? null : new Error('wrong name or password'), { user: username });
      },
    });
  });

  afterAll(async () => {
    await webhook?.close();
    await mail?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function deliver(environment: Record<string, string> = {}, host = '127.0.0.1', password = PASSWORD) {
    const login = ['ops@example.org', password].map(encodeURIComponent).join(':');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM], {
      env: {
        PATH: process.env.PATH,
        IDENTITY_CENTER_WEBHOOK_URL: webhook.url.replace('127.0.0.1', host),
        IDENTITY_CENTER_WEBHOOK_SECRET: SECRET,
        IDENTITY_CENTER_SMTP_URL: `smtp://${login}@${host}:${mail.port}`,
        IDENTITY_CENTER_MAIL_FROM: 'ic@example.org',
        IDENTITY_CENTER_MAIL_TO: 'ops@example.org',
        ...environment,
      },
    });
    expect(`${stdout}${stderr}`).not.toContain('sesame');
    return JSON.parse(stdout) as { webhook: string | null; email: string | null };
  }

  it.each(['127.0.0.1', 'localhost'])('reach %s, with STARTTLS and login for mail', async (host) => {
    expect(await deliver({ NODE_EXTRA_CA_CERTS: authority }, host)).toEqual({ webhook: null, email: null });
    expect(webhook.refused).toEqual([]);
    expect(webhook.received).toHaveLength(1);
    expect(mail.messages).toMatchObject([{ from: 'ic@example.org', to: ['ops@example.org'] }]);
    webhook.received.splice(0);
    mail.messages.splice(0);
  });

  it('are not sent where the authority is unknown, and say what to set', async () => {
    const trust = expect.stringMatching(
      /not trusted; NODE_EXTRA_CA_CERTS names a file of further authorities/,
    );
    expect(await deliver()).toEqual({ webhook: trust, email: trust });
    expect(webhook.received).toEqual([]);
    expect(mail.messages).toEqual([]);
  });

  it('tell a refused login from an untrusted server', async () => {
    const { email } = await deliver({ NODE_EXTRA_CA_CERTS: authority }, '127.0.0.1', 'wrong');
    expect(email).toMatch(/did not take the message \(EAUTH, 535\)/);
    webhook.received.splice(0);
  });
});
