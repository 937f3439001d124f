// Speaks to the API as any caller would, so that a benchmark measures what a user gets.
import { setTimeout as sleep } from 'node:timers/promises';

export interface RestClient {
  readonly baseUrl: string;
  readonly token: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
}

/** Waits until `/api/health` says `healthy`. @throws Error with the last answer after `timeoutMs`. */
export async function waitUntilHealthy(
  baseUrl: string,
  stillRunning: () => Promise<void>,
  accepted: string[] = ['healthy'],
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = 'no answer';
  while (Date.now() < deadline) {
    await stillRunning();
    try {
      const response = await fetch(`${baseUrl}/api/health`);
      last = await response.text();
      if (accepted.includes((JSON.parse(last) as { status: string }).status)) return;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(100);
  }
  throw new Error(`the API was not healthy within ${timeoutMs / 1_000} s; its last answer: ${last}`);
}

/** Signs in. @throws Error with the API's answer, for this and every later call that is refused. */
export async function signIn(baseUrl: string, username: string, password: string): Promise<RestClient> {
  async function call<T>(method: string, path: string, token: string | null, body?: unknown): Promise<T> {
    const headers: Record<string, string> = {};
    if (token) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (JSON.parse(text) as { data: T }).data;
  }
  const { token } = await call<{ token: string }>('POST', '/api/auth/login', null, { username, password });
  return {
    baseUrl,
    token,
    get: (path) => call('GET', path, token),
    post: (path, body) => call('POST', path, token, body),
    patch: (path, body) => call('PATCH', path, token, body),
  };
}
