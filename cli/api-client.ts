// The contract's own client: requests and answers have the contract's types, and answers are held against it.
import { type ApiFetcher, initClient } from '@ts-rest/core';
import { z } from 'zod';
import { contract } from '../contracts/index.ts';
import { errorSchema } from '../contracts/schemas.ts';
import { CommandFailure, type FailureCode } from './command-failure.ts';
import { EXIT, exitCodeOfStatus } from './exit-codes.ts';
import { reasonOf, type Send, unreachable } from './http.ts';

export type ApiClient = ReturnType<typeof createApiClient>;

/** @throws CommandFailure, from each operation, for every answer that is no success. */
export function createApiClient(options: { serverUrl: string; send: Send; token: string | null }) {
  return initClient(contract, {
    // `send` knows the server, so that nothing else can be asked.
    baseUrl: '',
    baseHeaders: authorizationOf(options.token),
    api: createFetcher(options.serverUrl, options.send),
  });
}

/** The header that carries the token. */
export function authorizationOf(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

function createFetcher(serverUrl: string, send: Send): ApiFetcher {
  return async ({ route, path, method, headers, body }) => {
    const response = await send(path, { method, headers, body: body ?? null });
    if (!response.ok) throw await failureOf(response, 'authorization' in headers);
    const schema = route.responses[response.status];
    if (response.status === 204) return { status: 204, body: undefined, headers: response.headers };
    const answer = jsonOf(await textOf(serverUrl, response));
    // The answer goes on as it is: what a newer server adds is not lost.
    const checked = schema instanceof z.ZodType ? schema.safeParse(answer) : undefined;
    if (checked?.success) return { status: response.status, body: answer, headers: response.headers };
    throw new CommandFailure(
      `What answers at ${serverUrl} is no IdentityCenter, or one of another version than this client.`,
      { exitCode: EXIT.failure, code: 'request_failed', cause: checked?.error },
    );
  };
}

async function textOf(serverUrl: string, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw unreachable(serverUrl, reasonOf(error), error);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const CODES: Record<number, FailureCode> = { 401: 'not_logged_in', 403: 'forbidden', 404: 'not_found' };

/**
 * The failure that an answer other than 2xx stands for, with the API's own sentence.
 * @param withToken whether the request carried one.
 */
export async function failureOf(response: Response, withToken: boolean): Promise<CommandFailure> {
  const { status } = response;
  const parsed = errorSchema.safeParse(jsonOf(await response.text().catch(() => '')));
  if (!parsed.success) {
    return new CommandFailure(`The answer is not one of IdentityCenter's; is ${response.url} its address?`, {
      exitCode: EXIT.failure,
      code: 'request_failed',
      statusCode: status,
    });
  }
  return new CommandFailure(`${parsed.data.message}${hintFor(response, withToken)}`, {
    exitCode: exitCodeOfStatus(status),
    code: CODES[status] ?? 'request_failed',
    statusCode: status,
    details: parsed.data.details,
  });
}

function hintFor(response: Response, withToken: boolean): string {
  if (response.status === 401 && withToken) return ' `identity-center login` logs in.';
  if (response.status !== 429) return '';
  return ` It asks to wait ${response.headers.get('retry-after') ?? 'some'} s.`;
}

type Body<Answer, Status> = Answer extends { status: Status; body: infer Content } ? Content : never;

/** The body of an answer that has the status that is expected; others than 2xx were thrown before. */
export function bodyOf<Answer extends { status: number; body: unknown }, Status extends Answer['status']>(
  answer: Answer,
  status: Status,
): Body<Answer, Status> {
  if (answer.status === status) return answer.body as Body<Answer, Status>;
  throw new CommandFailure(`The server answered ${answer.status} where ${status} was expected.`, {
    exitCode: EXIT.failure,
    code: 'request_failed',
    statusCode: answer.status,
  });
}
