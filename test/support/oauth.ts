// Asks for tokens as programs do, and knows the refusals of RFC 6749.
import { expect } from '@jest/globals';
import type { ApiAnswer, TestApi } from './api.ts';
import type { OAuthClient } from './sailpoint.ts';

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** What a form has that asks for a token. */
export const grant = ({ clientId, clientSecret }: OAuthClient) => ({
  grant_type: 'client_credentials',
  client_id: clientId,
  client_secret: clientSecret,
});

export const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

export function askToken(
  api: TestApi,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<ApiAnswer> {
  const rawBody = new URLSearchParams(fields).toString();
  return api.post('/oauth/token', undefined, { token: null, rawBody, headers: { ...FORM, ...headers } });
}

export async function tokenOf(api: TestApi, client: OAuthClient): Promise<string> {
  const answer = await askToken(api, grant(client));
  expect(answer.status).toBe(200);
  return answer.body.access_token;
}

export function expectOAuthError(
  answer: ApiAnswer,
  status: number,
  error: string,
  description: string,
): void {
  expect([answer.status, answer.body]).toEqual([
    status,
    { error, error_description: expect.stringContaining(description) },
  ]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
}
