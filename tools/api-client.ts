// Calls the REST API as any program would, for the demonstration.
import { setTimeout as pause } from 'node:timers/promises';

/** A list answer of the API. */
export interface Page<Item> {
  data: Item[];
  totalCount: number;
}

export interface ApiClient {
  /** @throws ApiFailure for any answer but 2xx. A 429 is waited out. */
  get<Body>(path: string): Promise<Body>;
  post<Body>(path: string, body: unknown): Promise<Body>;
  /** A list as CSV: all of its rows in one answer. */
  csv(path: string): Promise<string>;
}

/** An answer that is no success, with the API's own sentence. */
export class ApiFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Signs in.
 * @throws ApiFailure with status 401 when name or password are wrong.
 */
export async function signIn(apiUrl: string, username: string, password: string): Promise<ApiClient> {
  const login = await send(apiUrl, '/api/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const { data } = (await login.json()) as { data: { token: string } };
  const authorization = `Bearer ${data.token}`;
  return {
    get: async (path) => (await send(apiUrl, path, { headers: { authorization } })).json() as never,
    post: async (path, body) => {
      const headers = { authorization, 'content-type': 'application/json' };
      return (
        await send(apiUrl, path, { method: 'POST', headers, body: JSON.stringify(body) })
      ).json() as never;
    },
    csv: async (path) => {
      const headers = { authorization, accept: 'text/csv' };
      return (await send(apiUrl, path, { headers })).text();
    },
  };
}

async function send(apiUrl: string, path: string, init: RequestInit): Promise<Response> {
  for (;;) {
    const response = await fetch(`${apiUrl}${path}`, init);
    if (response.ok) return response;
    if (response.status !== 429) throw new ApiFailure(response.status, await messageOf(response));
    await pause(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { message: string; details?: { path: string; message: string }[] };
    const details = (body.details ?? []).map((detail) => `${detail.path}: ${detail.message}`);
    return [body.message, ...details].join(' ');
  } catch {
    return `${response.status} ${text}`;
  }
}
