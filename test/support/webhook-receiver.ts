// A receiver of webhooks as its maker would write one: a web server that verifies what it gets with the library's verifier.
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface ReceivedWebhook {
  id: string;
  path: string;
  /** Throws in the receiver when the signature does not fit, so what is here is ours. */
  payload: { type: string; timestamp: string; data: Record<string, unknown> };
}

export interface WebhookReceiver {
  url: string;
  received: ReceivedWebhook[];
  /** What did not bear a valid signature. */
  refused: string[];
  /** How the next requests are answered: a status, further headers, or not at all. The last one stays. */
  answers: (number | 'never' | [number, Record<string, string>])[];
  close(): Promise<void>;
}

/** @param tls its key and certificate, for https */
export async function startWebhookReceiver(
  secret: string,
  tls?: { key: string; cert: string },
): Promise<WebhookReceiver> {
  const verifier = new Webhook(secret);
  const receiver = { received: [] as ReceivedWebhook[], refused: [] as string[] };
  const answers: WebhookReceiver['answers'] = [204];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      try {
        const payload = verifier.verify(body, request.headers as Record<string, string>);
        receiver.received.push({
          id: String(request.headers['webhook-id']),
          path: request.url ?? '',
          payload: payload as ReceivedWebhook['payload'],
        });
      } catch (error) {
        receiver.refused.push((error as Error).message);
      }
      reply(response, answers.length > 1 ? answers.shift() : answers[0]);
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...receiver,
    answers,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?token=in-the-address`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, answer: WebhookReceiver['answers'][number] = 204): void {
  if (answer === 'never') return;
  const [status, headers] = Array.isArray(answer) ? answer : [answer, {}];
  response.writeHead(status, headers).end();
}
