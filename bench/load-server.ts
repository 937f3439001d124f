// Loads one path of a server for some seconds and tells how it held.
import autocannon from 'autocannon';

export interface Load {
  requestsPerSecond: number;
  p99Ms: number;
}

export interface LoadedServer {
  baseUrl: string;
  headers: Record<string, string>;
}

/** Requests under way at any moment. */
export const CONNECTIONS = 10;

/** @throws Error when a request fails. */
export async function loadServer(server: LoadedServer, path: string, seconds: number): Promise<Load> {
  const result = await autocannon({
    url: `${server.baseUrl}${path}`,
    headers: server.headers,
    connections: CONNECTIONS,
    duration: seconds,
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${path}: ${failed} requests failed under load`);
  return { requestsPerSecond: result.requests.total / result.duration, p99Ms: result.latency.p99 };
}
