// Tells people by mail what happened, over an SMTP server of theirs.
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { resolveHost } from '../../connectors/dial.ts';
import type { Notification } from '../../domain/notification.ts';
import { DeliveryFailure, type NotificationChannel, RECEIVERS } from './channel.ts';
import { subjectOf, textOf } from './mail-text.ts';

const STEP_MS = 10_000;
const ATTEMPT_MS = 30_000;

export interface EmailOptions {
  /** `smtp://user:password@host:587` or `smtps://…`; a password is only ever sent over TLS. */
  smtpUrl: string;
  from: string;
  /** Separated by commas. */
  to: string;
}

export function createEmailChannel({ smtpUrl, from, to }: EmailOptions): NotificationChannel {
  const server = new URL(smtpUrl);
  const host = server.hostname.replace(/^\[|\]$/g, '');
  const target = server.host;
  return {
    name: 'email',
    async deliver(notification, stop) {
      const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), stop]);
      const [address] = await resolveHost(host, RECEIVERS, STEP_MS, signal);
      const transport = createTransport(transportOptions(server, host, address?.address ?? host));
      signal.addEventListener('abort', () => transport.close());
      try {
        await transport.sendMail(mailOf(notification, from, to));
      } catch (error) {
        throw refused(target, error);
      } finally {
        transport.close();
      }
    },
  };
}

function transportOptions(server: URL, host: string, address: string) {
  const secure = server.protocol === 'smtps:';
  const user = decodeURIComponent(server.username);
  return {
    // The address that was checked; certificates are checked against the name.
    host: address,
    port: Number(server.port || (secure ? 465 : 25)),
    secure,
    requireTLS: user !== '',
    ...(user && { auth: { user, pass: decodeURIComponent(server.password) } }),
    tls: isIP(host) === 0 ? { servername: host } : {},
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function mailOf(notification: Notification, from: string, to: string) {
  const domain = /@([^\s>,]+)/.exec(from)?.[1] ?? 'localhost';
  return {
    from,
    to,
    subject: subjectOf(notification),
    text: textOf(notification),
    date: notification.at,
    // The same at every attempt, so that mailboxes can drop repeats.
    messageId: `<${notification.id}@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** nodemailer's own sentences quote the server, which may quote us: codes are enough. */
function refused(target: string, error: unknown): DeliveryFailure {
  const { code, responseCode, message } = error as { code?: string; responseCode?: number; message: string };
  // Its code is that of any lost connection.
  if (code === 'ESOCKET' && /certificate/i.test(message))
    return new DeliveryFailure(
      `The certificate of the mail server ${target} is not trusted; NODE_EXTRA_CA_CERTS names a file of further authorities.`,
      { cause: error },
    );
  const codes = [code, responseCode].filter((part) => part !== undefined).join(', ');
  return new DeliveryFailure(`The mail server ${target} did not take the message${codes && ` (${codes})`}.`, {
    cause: error,
  });
}
