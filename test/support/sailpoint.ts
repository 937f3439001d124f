// Asks the SailPoint-shaped surface as a program does: with a client's token.
import { expect } from '@jest/globals';
import type { ApiAnswer, TestApi } from './api.ts';

export interface OAuthClient {
  id: string;
  clientId: string;
  clientSecret: string;
}

/** A client of the OAuth client credentials grant. */
export async function makeClient(api: TestApi, body: object = {}): Promise<OAuthClient> {
  const answer = await api.post('/api/auth/clients', { name: 'sailpoint', ...body });
  expect(answer.status).toBe(201);
  return answer.body.data;
}

/** A token that may read identities; profiles too, with the authority API. */
export async function clientToken(api: TestApi, body: object = { authorities: ['API'] }): Promise<string> {
  const { clientId, clientSecret } = await makeClient(api, body);
  const fields = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const answer = await api.post('/oauth/token', undefined, {
    token: null,
    rawBody: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status).toBe(200);
  return answer.body.access_token;
}

export type Ask = (
  path: string,
  query?: Record<string, string | number | boolean>,
  token?: string | null,
) => Promise<ApiAnswer>;

/** @param usual the token of calls that name none. */
export function asker(api: TestApi, usual: string): Ask {
  return async (path, query = {}, token = usual) => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    const answer = await api.get(`${path}?${parameters}`, { token });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    if (answer.status === 400) {
      expect(answer.body.detailCode).toBe('400.1 Bad Request Content');
      expect(answer.body.causes).toHaveLength(1);
    }
    return answer;
  };
}

/** What a 400 says was wrong. */
export function causeOf(answer: ApiAnswer): string {
  expect(answer.status).toBe(400);
  return answer.body.causes[0].text;
}
