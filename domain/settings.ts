// Every setting the processes take from the environment, checked at start.
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

/** 0: for ever. */
const keepDays = z.coerce.number().int().min(0).max(36_500);

function isUrl(value: string, protocols: string[], credentials: boolean): boolean {
  const url = URL.parse(value);
  if (!url?.hostname || !protocols.includes(url.protocol)) return false;
  return credentials || (url.username === '' && url.password === '');
}

/** As the Standard Webhooks specification writes a symmetric one. */
function isWebhookSecret(value: string): boolean {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value) ?? [];
  const { length } = Buffer.from(text, 'base64');
  return length >= 24 && length <= 64 && text.length % 4 === 0;
}

const schema = z.object({
  PORT: port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  METRICS_PORT: port.default(9464),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  IDENTITY_CENTER_HOME: z.string().min(1).default('.identity-center'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a PostgreSQL URL: postgresql://user:password@host:5432/database')
    .optional(),
  DATABASE_TIMEOUT_SECONDS: z.coerce.number().positive().max(86_400).default(1_800),
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
  /** Of profiles whose values depend on the present time; 0: never. */
  IDENTITY_CENTER_TIME_BASED_REFRESH_HOURS: z.coerce
    .number()
    .min(0)
    .max(24 * 365)
    .default(24),
  IDENTITY_CENTER_KEEP_CHANGES_DAYS: keepDays.default(0),
  IDENTITY_CENTER_KEEP_RUNS_DAYS: keepDays.default(730),
  IDENTITY_CENTER_KEEP_DRY_RUNS_DAYS: keepDays.default(30),
  IDENTITY_CENTER_UPLOAD_LIMIT_MB: z.coerce.number().int().min(1).max(1_000_000).default(1024),
  TRUST_PROXY: z.string().optional(),
  ALLOW_LINK_LOCAL_SOURCES: flag.default(false),
  IDENTITY_CENTER_WEBHOOK_URL: z
    .string()
    .refine(
      (value) => isUrl(value, ['http:', 'https:'], false),
      'must be a URL: https://host/path, without a name and password in it',
    )
    .optional(),
  IDENTITY_CENTER_WEBHOOK_SECRET: z
    .string()
    .refine(
      (value) => value.split(' ').every(isWebhookSecret),
      'must be `whsec_` and 24 to 64 bytes as base64; several are separated by a space',
    )
    .optional(),
  IDENTITY_CENTER_SMTP_URL: z
    .string()
    .refine(
      (value) => isUrl(value, ['smtp:', 'smtps:'], true),
      'must be a URL: smtp://user:password@host:587 or smtps://user:password@host',
    )
    .optional(),
  IDENTITY_CENTER_MAIL_FROM: z.string().includes('@', 'must be an e-mail address').optional(),
  IDENTITY_CENTER_MAIL_TO: z
    .string()
    .includes('@', 'must be an e-mail address, or several with commas')
    .optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** Settings that say nothing without each other. */
const TOGETHER: (keyof typeof schema.shape)[][] = [
  ['IDENTITY_CENTER_WEBHOOK_URL', 'IDENTITY_CENTER_WEBHOOK_SECRET'],
  ['IDENTITY_CENTER_SMTP_URL', 'IDENTITY_CENTER_MAIL_FROM', 'IDENTITY_CENTER_MAIL_TO'],
];

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
  const alone = TOGETHER.flatMap((names) => incomplete(names, present));
  if (parsed.success && alone.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  const wrong = [...issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`), ...alone];
  throw new SettingsError(`Settings that cannot be used:\n${wrong.join('\n')}`);
}

function incomplete(names: string[], present: Record<string, unknown>): string[] {
  const missing = names.filter((name) => !(name in present));
  if (missing.length === 0 || missing.length === names.length) return [];
  const given = names.filter((name) => name in present).join(' and ');
  return missing.map((name) => `  ${name}: must be set, since ${given} is`);
}
