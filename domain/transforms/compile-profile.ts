// The mappings of an identity profile: computed in an order in which each finds what it reads, errors apart.
import { AppError, type ErrorDetail } from '../app-error.ts';
import { refuseAttribute } from '../identity-profiles/person-fields.ts';
import { attributeText } from './attribute-text.ts';
import { type CompiledTransform, checkTransform, compileTransform, readsOf } from './compile-transform.ts';
import { NamesUnknown } from './name-book.ts';
import { TransformError } from './transform-error.ts';
import type {
  AccountReads,
  SourceReference,
  TransformAccount,
  TransformReads,
  TransformScope,
  TransformValue,
} from './transform-kind.ts';

/** One mapping, as profiles hold them in `identityAttributeConfig.attributeTransforms`. */
export interface AttributeTransform {
  identityAttributeName: string;
  transformDefinition: unknown;
}

export interface ProfileOptions {
  /** Where the mappings are, as errors name them. */
  path?: string;
  /** Definitions by name, for `reference`. */
  named?: ReadonlyMap<string, unknown>;
}

/** A person, as the refresh loads it. */
export interface ProfilePerson {
  id: string;
  accounts: readonly TransformAccount[];
  /** Sources without accounts, since there is no such connection; none when left out. */
  missing?: readonly SourceReference[];
  /** The identity attribute as it is stored; undefined where there is none. */
  stored(name: string): unknown;
}

/** What an evaluation of a batch shares. */
export type ProfileSurroundings = Pick<TransformScope, 'now' | 'random' | 'names'>;

export interface AttributeError {
  attribute: string;
  /** Where in the attribute's definition. */
  path: string;
  reason: string;
  /** What it was, where it is a fault of ours; what it says may hold values of the person. */
  unexpected?: unknown;
}

export interface ProfileResult {
  /** Every mapped attribute; one that failed as it was. */
  attributes: Record<string, TransformValue>;
  errors: AttributeError[];
  /** User names have to be looked up (NameBook.wanted); evaluate this person again with the answers. */
  pending: boolean;
}

export interface CompiledProfile {
  reads: TransformReads;
  /** A value depends on the present time: `hasTimeBasedAttr`. */
  timeBased: boolean;
  evaluate(person: ProfilePerson, surroundings: ProfileSurroundings): ProfileResult;
}

/** What is wrong with the mappings of a profile; empty when all can be evaluated. */
export function checkProfile(
  mappings: readonly AttributeTransform[],
  options: ProfileOptions = {},
): ErrorDetail[] {
  const path = options.path ?? 'attributeTransforms';
  const seen = new Map<string, number>();
  const problems = mappings.flatMap(({ identityAttributeName: name, transformDefinition }, index) => {
    const earlier = seen.get(name);
    seen.set(name, index);
    const found = checkTransform(transformDefinition, {
      named: options.named,
      path: `${path}[${index}].transformDefinition`,
    });
    if (earlier !== undefined)
      found.push({
        path: `${path}[${index}].identityAttributeName`,
        message: `'${name}' is mapped already by ${path}[${earlier}]; firstValid chooses between several values`,
      });
    return found;
  });
  if (problems.length > 0) return problems;
  const { circle } = ordered(mappings, options);
  if (circle === null) return [];
  const first = mappings.findIndex((mapping) => mapping.identityAttributeName === circle[0]);
  const message =
    circle.length === 2
      ? `'${circle[0]}' is computed from itself; $oldValue has what it was before`
      : `attributes are computed from each other in a circle: ${circle.join(' → ')}`;
  return [{ path: `${path}[${first}].transformDefinition`, message }];
}

/** Compiles the mappings of a profile. Throws `invalid_configuration` with what checkProfile finds. */
export function compileProfile(
  mappings: readonly AttributeTransform[],
  options: ProfileOptions = {},
): CompiledProfile {
  const problems = checkProfile(mappings, options);
  const [first] = problems;
  if (first !== undefined)
    throw new AppError('invalid_configuration', `${first.path}: ${first.message}`, { details: problems });
  const steps = ordered(mappings, options).order.map(({ identityAttributeName, transformDefinition }) => ({
    name: identityAttributeName,
    transform: compileTransform(transformDefinition, { named: options.named }),
  }));
  return {
    reads: allReads(steps.map(({ transform }) => transform.reads)),
    timeBased: steps.some(({ transform }) => transform.timeBased),
    evaluate: (person, surroundings) => evaluateAll(steps, person, surroundings),
  };
}

interface Step {
  name: string;
  transform: CompiledTransform;
}

function evaluateAll(
  steps: readonly Step[],
  person: ProfilePerson,
  surroundings: ProfileSurroundings,
): ProfileResult {
  const result: ProfileResult = { attributes: {}, errors: [], pending: false };
  const { attributes } = result;
  const stored = (name: string) => attributeText(person.stored(name));
  let current = '';
  const scope: TransformScope = {
    personId: person.id,
    accounts: person.accounts,
    missing: person.missing ?? [],
    // Few transforms ask for it: a person's stored attributes may not have been parsed yet.
    get oldValue() {
      return stored(current);
    },
    identityAttribute: (name) =>
      Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : stored(name),
    now: surroundings.now,
    random: surroundings.random,
    names: surroundings.names,
  };
  for (const { name, transform } of steps) {
    current = name;
    // What chance or the names of others decided once is kept, or every refresh would change it.
    const kept = transform.random || transform.makesNames ? stored(name) : null;
    if (kept !== null) attributes[name] = kept;
    else evaluateOne(name, transform, scope, result);
  }
  return result;
}

function evaluateOne(
  name: string,
  transform: CompiledTransform,
  scope: TransformScope,
  result: ProfileResult,
): void {
  try {
    const value = transform.evaluate(scope);
    const refused = refuseAttribute(name, value);
    if (refused !== null) throw new TransformError('', refused);
    result.attributes[name] = value;
  } catch (error) {
    result.attributes[name] = scope.oldValue;
    if (error instanceof NamesUnknown) result.pending = true;
    else if (error instanceof TransformError)
      result.errors.push({ attribute: name, path: error.path, reason: error.reason });
    // A fault of ours with one person's data must not keep all others from being refreshed.
    else {
      const reason = `failed unexpectedly (${faultName(error)})`;
      result.errors.push({ attribute: name, path: '', reason, unexpected: error });
    }
  }
}

/** What kind of fault it is, without what it says. */
export function faultName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** Mappings behind those they read; or a circle, as the names on the way back to the first. */
function ordered(
  mappings: readonly AttributeTransform[],
  options: ProfileOptions,
): { order: AttributeTransform[]; circle: string[] | null } {
  const byName = new Map(mappings.map((mapping) => [mapping.identityAttributeName, mapping]));
  const order: AttributeTransform[] = [];
  const done = new Set<string>();
  const visit = (mapping: AttributeTransform, way: string[]): string[] | null => {
    const name = mapping.identityAttributeName;
    if (done.has(name)) return null;
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    for (const read of readsOf(mapping.transformDefinition, { named: options.named }).identityAttributes) {
      const needed = byName.get(read);
      const circle = needed === undefined ? null : visit(needed, [...way, name]);
      if (circle !== null) return circle;
    }
    done.add(name);
    order.push(mapping);
    return null;
  };
  for (const mapping of mappings) {
    const circle = visit(mapping, []);
    if (circle !== null) return { order: [], circle };
  }
  return { order, circle: null };
}

function allReads(all: readonly TransformReads[]): TransformReads {
  const accounts = new Map<string, AccountReads>();
  const identityAttributes = new Set<string>();
  for (const reads of all) {
    for (const name of reads.identityAttributes) identityAttributes.add(name);
    for (const { attributes, ...source } of reads.accounts) {
      const key = source.sourceId ?? `name ${source.sourceName}`;
      const before = accounts.get(key)?.attributes ?? [];
      accounts.set(key, { ...source, attributes: [...new Set([...before, ...attributes])].sort() });
    }
  }
  return { accounts: [...accounts.values()], identityAttributes: [...identityAttributes].sort() };
}
