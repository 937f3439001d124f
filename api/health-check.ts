// One look at one part, with a limit of its own.

export const LIMIT_MS = 800;

export interface HealthCheck {
  status: 'healthy' | 'unhealthy';
  message: string;
  durationMs: number;
}

/** Thrown by a look that found something wrong; its message is shown to everybody. */
export class Unhealthy extends Error {
  override readonly name = 'Unhealthy';
}

/** What failed is told in words of ours: a driver's message may hold addresses. */
export async function check(healthy: string, work: () => Promise<void>): Promise<HealthCheck> {
  const started = performance.now();
  const result = (status: HealthCheck['status'], message: string): HealthCheck => ({
    status,
    message,
    durationMs: Math.round(performance.now() - started),
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthCheck>((resolve) => {
    timer = setTimeout(() => resolve(result('unhealthy', `No answer within ${LIMIT_MS} ms.`)), LIMIT_MS);
  });
  const answered = work().then(
    () => result('healthy', healthy),
    (error: unknown) =>
      result(
        'unhealthy',
        error instanceof Unhealthy
          ? error.message
          : healthy.replace('answers', 'does not answer').replace('A worker is', 'No worker is'),
      ),
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
