// Checks a stored config once more when a connection is opened, and names fields, never values, when it is wrong.
import type { z } from 'zod';
import { AppError } from '../domain/app-error.ts';
import type { OpenConnection } from './connector.ts';

/** @throws AppError `invalid_configuration` with the names of the fields that are wrong. */
export function parseConfig<T extends z.ZodType>(schema: T, connection: OpenConnection): z.infer<T> {
  const parsed = schema.safeParse(connection.config);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(({ path, message }) => ({
    path: `config.${path.join('.')}`,
    message,
  }));
  throw new AppError(
    'invalid_configuration',
    `The settings of the connection are not valid: ${details.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
    { details },
  );
}
