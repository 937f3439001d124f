// The demonstration talks to the API as anybody does: with the command line's client, signed in.
import { z } from 'zod';
import { type ApiClient, authorizationOf, bodyOf, createApiClient, failureOf } from '../cli/api-client.ts';
import type { RunStates } from '../cli/follow-run.ts';
import { createSend } from '../cli/http.ts';
import { followStates } from '../cli/run-events.ts';
import { identitySchema } from '../contracts/sailpoint/identities.ts';

type Identity = z.infer<typeof identitySchema>;

export interface DemoClient {
  api: ApiClient;
  /** A list as CSV: all of its rows in one answer. */
  csv(path: string): Promise<string>;
  /** The identities of the SailPoint-shaped surface that a filter leaves, the first 250. */
  identities(filters: string): Promise<Identity[]>;
  /** The states of a run, streamed: that is one request, and leaves some of the limit to whoever tries the API. */
  follow(runId: string): RunStates;
}

/**
 * Signs in. What is asked too often is waited for.
 * @throws CommandFailure with status code 401 when name or password are wrong.
 */
export async function signIn(serverUrl: string, username: string, password: string): Promise<DemoClient> {
  const { signal } = new AbortController();
  const send = createSend({
    serverUrl,
    signal,
    say: (message) => console.error(message),
    maxWaitSeconds: Number.POSITIVE_INFINITY,
  });
  const stranger = createApiClient({ serverUrl, send, token: null });
  const { data } = bodyOf(await stranger.auth.login({ query: {}, body: { username, password } }), 200);
  const api = createApiClient({ serverUrl, send, token: data.token });
  const authorization = () => authorizationOf(data.token);
  const ask = async (path: string, accept: string) => {
    const response = await send(path, { headers: { ...authorization(), accept } });
    if (!response.ok) throw await failureOf(response, true);
    return response;
  };
  return {
    api,
    csv: async (path) => (await ask(path, 'text/csv')).text(),
    identities: async (filters) => {
      const query = new URLSearchParams({ filters, defaultFilter: 'NONE' });
      const response = await ask(`/beta/identities?${query}`, 'application/json');
      return z.array(identitySchema).parse(await response.json());
    },
    follow: (runId) => followStates({ send, authorization, terminal: { signal } }, api, runId),
  };
}
