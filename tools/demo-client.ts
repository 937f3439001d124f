// The demonstration talks to the API as anybody does: with the command line's client, signed in.
import { type ApiClient, authorizationOf, bodyOf, createApiClient, failureOf } from '../cli/api-client.ts';
import { createSend } from '../cli/http.ts';

export interface DemoClient {
  api: ApiClient;
  /** A list as CSV: all of its rows in one answer. */
  csv(path: string): Promise<string>;
}

/**
 * Signs in. What is asked too often is waited for.
 * @throws CommandFailure with status code 401 when name or password are wrong.
 */
export async function signIn(serverUrl: string, username: string, password: string): Promise<DemoClient> {
  const send = createSend({
    serverUrl,
    signal: new AbortController().signal,
    say: (message) => console.error(message),
    maxWaitSeconds: Number.POSITIVE_INFINITY,
  });
  const stranger = createApiClient({ serverUrl, send, token: null });
  const { data } = bodyOf(await stranger.auth.login({ query: {}, body: { username, password } }), 200);
  return {
    api: createApiClient({ serverUrl, send, token: data.token }),
    csv: async (path) => {
      const headers = { ...authorizationOf(data.token), accept: 'text/csv' };
      const response = await send(path, { headers });
      if (!response.ok) throw await failureOf(response, true);
      return response.text();
    },
  };
}
