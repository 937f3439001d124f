// The mappings of an identity profile as they are stored: checked when saved, compiled when persons are refreshed.
import { AppError, type ErrorDetail } from '../app-error.ts';
import {
  type AttributeTransform,
  type CompiledProfile,
  checkProfile,
  compileProfile,
} from '../transforms/compile-profile.ts';
import { compileTransform, readsOf } from '../transforms/compile-transform.ts';
import type { AccountReads, SourceReference } from '../transforms/transform-kind.ts';

export interface IdentityAttributeConfig {
  /** Otherwise nothing is computed, and attributes stay as they are. */
  enabled: boolean;
  attributeTransforms: (AttributeTransform & { transformDefinition: Record<string, unknown> })[];
}

/** A connection that transforms may name. */
export interface Source {
  id: string;
  name: string;
}

/**
 * What is wrong with a configuration, sources that there are not included; empty when persons can be computed by it.
 * @param path where it is, as errors name it
 */
export function checkConfig(
  config: IdentityAttributeConfig,
  sources: readonly Source[],
  path: string,
): ErrorDetail[] {
  const mappings = config.attributeTransforms;
  const named = namedTransforms(mappings);
  const place = `${path}.attributeTransforms`;
  const problems = [...checkProfile(mappings, { path: place, named }), ...sharedNames(mappings, place)];
  if (problems.length > 0) return problems;
  return mappings.flatMap(({ transformDefinition }, index) =>
    readsOf(transformDefinition, { named }).accounts.flatMap((read) =>
      findSource(sources, read) === undefined
        ? [
            {
              path: `${place}[${index}].transformDefinition`,
              message: `reads the source '${read.sourceName ?? read.sourceId}', and there is no such connection`,
            },
          ]
        : [],
    ),
  );
}

/** Whether a value of it depends on the present time; it was checked. */
export function hasTimeBasedAttribute(config: IdentityAttributeConfig): boolean {
  return config.enabled && compileConfig(config).timeBased;
}

/** Compiles what was checked. @throws AppError `invalid_configuration` where it cannot be served any more. */
export function compileConfig(config: IdentityAttributeConfig): CompiledProfile {
  const mappings = config.attributeTransforms;
  return compileProfile(mappings, { named: namedTransforms(mappings) });
}

/** What of accounts each mapping reads. */
export function accountReads(config: IdentityAttributeConfig): { name: string; accounts: AccountReads[] }[] {
  const named = namedTransforms(config.attributeTransforms);
  return config.attributeTransforms.map(({ identityAttributeName: name, transformDefinition }) => ({
    name,
    accounts: readsOf(transformDefinition, { named }).accounts,
  }));
}

/** Whether a filter over accounts asks if they are a member of anything. */
export function namesEntitlements(config: IdentityAttributeConfig): boolean {
  return JSON.stringify(config).includes('entitlements');
}

/** The attributes whose values are user names, which nobody else may have. */
export function nameAttributes(config: IdentityAttributeConfig): string[] {
  const named = namedTransforms(config.attributeTransforms);
  return config.attributeTransforms
    .filter(({ transformDefinition }) => compileTransform(transformDefinition, { named }).makesNames)
    .map(({ identityAttributeName }) => identityAttributeName);
}

/** What it reads, as it names it, parts that cannot be served left out. */
export function sourcesOf(config: IdentityAttributeConfig): SourceReference[] {
  return accountReads(config).flatMap(({ accounts }) => accounts);
}

/** The connection that a transform means: by id where it gives one, with or without hyphens. */
export function findSource(
  sources: readonly Source[],
  { sourceId, sourceName }: SourceReference,
): Source | undefined {
  if (sourceId === undefined) return sources.find(({ name }) => name === sourceName);
  const plain = sourceId.replaceAll('-', '').toLowerCase();
  return sources.find(({ id }) => id.replaceAll('-', '') === plain);
}

/** Definitions that have a name can be referred to by the others of their profile. */
function namedTransforms(mappings: readonly AttributeTransform[]): ReadonlyMap<string, unknown> {
  const named = new Map<string, unknown>();
  for (const { transformDefinition } of mappings) {
    const name = nameOf(transformDefinition);
    if (name !== null && !named.has(name)) named.set(name, transformDefinition);
  }
  return named;
}

/** A reference to such a name could mean either. */
function sharedNames(mappings: readonly AttributeTransform[], place: string): ErrorDetail[] {
  const names = mappings.map(({ transformDefinition }) => nameOf(transformDefinition));
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === null || first === index) return [];
    const message = `'${name}' is the name of ${place}[${first}].transformDefinition already`;
    return [{ path: `${place}[${index}].transformDefinition.name`, message }];
  });
}

function nameOf(definition: unknown): string | null {
  const { name } = (definition ?? {}) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : null;
}

/** Why a stored configuration cannot be served. @throws what is no AppError */
export function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  throw error;
}
