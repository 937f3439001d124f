// Tells a web server what happened, signed so that it can tell us from others (Standard Webhooks 1.0.0).
import { type ClientRequestArgs, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { dial, resolveHost, secure } from '../../connectors/dial.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Notification } from '../../domain/notification.ts';
import { DeliveryFailure, type NotificationChannel, RECEIVERS } from './channel.ts';

/** For all of an attempt, as the specification recommends. */
const ATTEMPT_MS = 15_000;
const GONE = 410;

/**
 * `secrets`: one, or several while receivers move from one to the next; a message is signed with each.
 * Redirects are not followed: the address that was checked is the one that is asked.
 */
export function createWebhookChannel({
  url,
  secrets,
}: {
  url: string;
  secrets: string[];
}): NotificationChannel {
  const target = new URL(url);
  const signers = secrets.map((secret) => new Webhook(secret));
  return {
    name: 'webhook',
    async deliver(notification, stop) {
      const body = bodyOf(notification);
      const now = new Date();
      const status = await post(target, body, stop, {
        'webhook-id': notification.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': signers.map((signer) => signer.sign(notification.id, now, body)).join(' '),
      });
      if (status >= 200 && status < 300) return;
      throw new DeliveryFailure(`${target.host} answered ${status}.`, { worthRetrying: status !== GONE });
    },
  };
}

function bodyOf({ type, at, data }: Notification): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}

async function post(
  target: URL,
  body: string,
  stop: AbortSignal,
  headers: Record<string, string>,
): Promise<number> {
  const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), stop]);
  let socket: Socket | undefined;
  try {
    socket = await connect(target, signal);
    const answer = await exchange(socket, target, body, headers, signal);
    return answer.statusCode ?? 0;
  } catch (error) {
    if (signal.aborted)
      throw new DeliveryFailure(`${target.host} did not answer within ${ATTEMPT_MS / 1_000} s.`);
    if (error instanceof AppError && error.code === 'tls_untrusted')
      throw new DeliveryFailure(
        `The certificate of ${target.host} is not trusted; NODE_EXTRA_CA_CERTS names a file of further authorities.`,
        { cause: error },
      );
    if (error instanceof AppError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new DeliveryFailure(`The connection to ${target.host} was lost${code ? ` (${code})` : ''}.`, {
      cause: error,
    });
  } finally {
    // What else the answer has is of no interest, however long it is.
    socket?.destroy();
  }
}

async function connect(target: URL, signal: AbortSignal): Promise<Socket> {
  const encrypted = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = Number(target.port || (encrypted ? 443 : 80));
  const addresses = await resolveHost(host, RECEIVERS, ATTEMPT_MS, signal);
  const socket = await dial(addresses, port, target.host, ATTEMPT_MS, signal);
  if (!encrypted) return socket;
  const options = { host, target: target.host, caCertificate: null, timeoutMs: ATTEMPT_MS, signal };
  return secure(socket, options);
}

/** Resolves with the head of the answer. */
function exchange(
  socket: Socket,
  target: URL,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: ClientRequestArgs = {
    method: 'POST',
    path: `${target.pathname}${target.search}`,
    headers: {
      Host: target.host,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'IdentityCenter',
      Connection: 'close',
      ...headers,
    },
    createConnection: () => socket,
    signal,
  };
  return new Promise((resolve, reject) => {
    request(options, (answer) => {
      answer.on('error', () => undefined);
      resolve(answer);
    })
      .on('error', reject)
      .end(body);
  });
}
