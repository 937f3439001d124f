// An HTTP server that answers as it is told, one answer a request: for what a healthy API seldom says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface ScriptedServer {
  url: string;
  /** `GET /path` of each request, in their order. */
  requests: string[];
  close(): Promise<void>;
}

/** The last answer is given to all further requests. */
export async function startScriptedServer(answers: Answer[]): Promise<ScriptedServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] as Answer;
    requests.push(`${request.method} ${request.url}`);
    response
      .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An error in the API's own shape. */
export function refusal(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: { error: 'Refused', message, statusCode: status } };
}
