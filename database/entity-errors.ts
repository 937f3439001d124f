// Tells a taken name from other failures of a write.
import { AppError } from '../domain/app-error.ts';

/** PostgreSQL's unique_violation, as the driver or the ORM around it reports it. */
function isUniqueViolation(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === '23505' || (cause !== undefined && cause !== null && isUniqueViolation(cause));
}

/** Runs `write`; a name that is taken becomes a `conflict` with `message`. */
export async function orNameTaken<T>(write: Promise<T>, message: string): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof Error && isUniqueViolation(error))
      throw new AppError('conflict', message, { cause: error });
    throw error;
  }
}
