// Checks a connection's config, and keeps its secrets apart from it: sealed in the database, absent in answers.
import type { ConnectorDefinition, ConnectorRegistry } from '../connectors/registry.ts';
import { AppError, type ErrorDetail } from '../domain/app-error.ts';
import type { SecretBox } from '../domain/secret-box.ts';
import { detailsOf, type Issue, invalidRequest } from './http/validation-errors.ts';

/** A config as it is stored. */
export interface StoredConfig {
  config: Record<string, unknown>;
  /** Field name → sealed value. */
  secrets: Record<string, string>;
}

type Config = Record<string, unknown>;

/** The connector of a type. @throws AppError `invalid_request` for a type that is not supported (yet). */
export function definitionOf(connectors: ConnectorRegistry, type: string): ConnectorDefinition {
  try {
    return connectors.definition(type);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw invalidRequest([{ path: 'body.type', message: error.message }]);
  }
}

/** Fills in defaults. @throws AppError `invalid_request` naming the fields that are wrong. */
export function checkConfig(definition: ConnectorDefinition, config: Config): Config {
  const parsed = definition.configSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap((issue) => detailsOf('body.config', issue as Issue)));
}

/** Where a secret is sealed for: the same in API and worker. */
function secretPlace(connectionId: string, field: string): string {
  return `connection:${connectionId}:${field}`;
}

/** Takes the secrets out of a checked config and seals them. */
export function sealConfig(
  box: SecretBox,
  definition: ConnectorDefinition,
  id: string,
  checked: Config,
): StoredConfig {
  const config: Config = {};
  const secrets: Record<string, string> = {};
  for (const [field, value] of Object.entries(checked)) {
    if (!definition.secretFields.includes(field)) config[field] = value;
    else if (typeof value === 'string') secrets[field] = box.seal(value, secretPlace(id, field));
  }
  return { config, secrets };
}

/** The config with its secrets, for opening a connector; never logged, never answered with. */
export function openConfig(box: SecretBox, id: string, stored: StoredConfig): Config {
  const secrets = Object.entries(stored.secrets).map(([field, sealed]) => [
    field,
    box.open(sealed, secretPlace(id, field)),
  ]);
  return { ...stored.config, ...Object.fromEntries(secrets) };
}

/** The config as answers show it: of a secret, only whether it is set. */
export function shownConfig(
  connectors: ConnectorRegistry,
  connection: { type: string; config: Config; secretsSet: string[] },
): Config {
  const known = connectors.types().includes(connection.type)
    ? connectors.definition(connection.type).secretFields
    : connection.secretsSet;
  const secrets = known.map((field) => [field, { set: connection.secretsSet.includes(field) }]);
  return { ...connection.config, ...Object.fromEntries(secrets) };
}

/** An answer's `{ "set": true }` sent back means: leave the secret as it is. */
function isShownSecret(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'set' in value && Object.keys(value).length === 1;
}

/**
 * Lays `changes` over a stored config and checks the whole. Null takes a field back to its default.
 * A secret that is kept goes only where it was meant to: a change of a guarded field asks for it again.
 * @throws AppError `invalid_request`.
 */
export function mergeConfig(
  box: SecretBox,
  definition: ConnectorDefinition,
  id: string,
  stored: StoredConfig,
  changes: Config,
): Config {
  const opened = openConfig(box, id, stored);
  const merged: Config = { ...opened };
  const kept = new Set(Object.keys(stored.secrets));
  for (const [field, value] of Object.entries(changes)) {
    const secret = definition.secretFields.includes(field);
    if (secret && isShownSecret(value)) continue;
    if (secret) kept.delete(field);
    if (value === null) delete merged[field];
    else merged[field] = value;
  }
  const checked = checkConfig(definition, merged);
  const moved = definition.guardedFields.filter((field) => !sameJson(opened[field], checked[field]));
  const details: ErrorDetail[] = [...kept].map((field) => ({
    path: `body.config.${field}`,
    message: `must be given again when ${moved.join(', ')} changes, so that a stored secret goes nowhere new`,
  }));
  if (moved.length > 0 && details.length > 0) throw invalidRequest(details);
  return checked;
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
