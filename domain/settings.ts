// Every setting the processes take from the environment, checked at start.
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

const schema = z.object({
  PORT: port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  IDENTITY_CENTER_HOME: z.string().min(1).default('.identity-center'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a PostgreSQL URL: postgresql://user:password@host:5432/database')
    .optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s:/]+:\d+$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_CLI: z.string().min(1).optional(),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('identity-center'),
  IDENTITY_CENTER_ADMIN_PASSWORD: z.string().min(8, 'must have 8 characters or more').optional(),
  IDENTITY_CENTER_SECRET_KEY: z
    .string()
    .regex(/^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$/, 'must be 32 bytes, as 64 hex digits or as base64')
    .optional(),
  IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(60),
  IDENTITY_CENTER_RATE_LIMIT_PER_HOUR: z.coerce.number().int().min(0).default(1000),
  IDENTITY_CENTER_TOKEN_HOURS: z.coerce
    .number()
    .positive()
    .max(24 * 365)
    .default(12),
  IDENTITY_CENTER_PAUSE_TIMEOUT_HOURS: z.coerce
    .number()
    .positive()
    .max(24 * 365)
    .default(168),
  TRUST_PROXY: z.string().optional(),
  ALLOW_LINK_LOCAL_SOURCES: flag.default(false),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The name of every setting. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

export type Settings = Readonly<z.infer<typeof schema>>;

/** A wrong setting, by name, with what would be right. The value itself is never in the message. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Reads the settings out of `environment`; an empty variable counts as absent.
 * @throws SettingsError that names each wrong variable.
 */
export function parseSettings(environment: Record<string, string | undefined>): Settings {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in schema.shape && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new SettingsError(`Settings that cannot be used:\n${wrong.join('\n')}`);
}
