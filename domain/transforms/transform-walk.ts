// One pass over a definition: compiles each transform, and collects what is wrong, what is read, what is needed.
import type { z } from 'zod';
import type { ErrorDetail } from '../app-error.ts';
import { definitionSchema } from './attribute-schemas.ts';
import { isNow } from './iso-instant.ts';
import { MAX_DEPTH, MAX_TRANSFORMS, MAX_VALUE } from './limits.ts';
import { compileTemplate } from './template/compile-template.ts';
import { TransformError } from './transform-error.ts';
import type {
  Evaluate,
  EvaluateText,
  InputUse,
  OperandOptions,
  SourceReference,
  TransformKind,
  TransformReads,
  TransformSite,
} from './transform-kind.ts';
import { TRANSFORM_KINDS, unservable } from './transform-registry.ts';

/** Where a transform stands. */
interface Place {
  /** Relative to the definition; errors at saving have the walk's path in front. */
  path: string;
  depth: number;
  hasInput: boolean;
  /** As in OperandOptions; holds for all that is nested. */
  knowsNow: boolean;
  /** Names of the references it stands in, outermost first. */
  references: readonly string[];
}

const NOTHING: Evaluate = () => null;

export class TransformWalk {
  readonly problems: ErrorDetail[] = [];
  readonly needs = new Set<'time' | 'random' | 'names'>();
  private readonly basePath: string;
  private readonly named: ReadonlyMap<string, unknown>;
  private readonly accounts = new Map<string, { source: SourceReference; attributes: Set<string> }>();
  private readonly identityAttributes = new Set<string>();
  private transforms = 0;

  constructor(basePath: string, named: ReadonlyMap<string, unknown>) {
    this.basePath = basePath;
    this.named = named;
  }

  /** Compiles the outermost definition; only of use where `problems` stays empty. */
  compile(definition: unknown, hasInput: boolean): Evaluate {
    return this.transform(definition, { path: '', depth: 1, hasInput, knowsNow: false, references: [] });
  }

  reads(): TransformReads {
    return {
      accounts: [...this.accounts.values()].map(({ source, attributes }) => ({
        ...source,
        attributes: [...attributes].sort(),
      })),
      identityAttributes: [...this.identityAttributes].sort(),
    };
  }

  private transform(definition: unknown, place: Place): Evaluate {
    this.transforms += 1;
    const tooMuch =
      place.depth > MAX_DEPTH
        ? `transforms are nested more than ${MAX_DEPTH} deep`
        : this.transforms > MAX_TRANSFORMS
          ? `there are more than ${MAX_TRANSFORMS} transforms, each reference counted with all it stands for`
          : null;
    // One such problem is enough, and going on could take for ever.
    if (tooMuch !== null) {
      if (this.problems.at(-1)?.message !== tooMuch) this.problem(place.path, tooMuch);
      return NOTHING;
    }
    const outer = this.parse(definitionSchema, definition, place.path);
    if (outer === null) return NOTHING;
    if (outer.requiresPeriodicRefresh) this.needs.add('time');
    const kind = TRANSFORM_KINDS.get(outer.type);
    const refusal = unservable(outer.type, outer.attributes ?? {});
    if (kind === undefined || refusal !== null) {
      this.problem(join(place.path, 'type'), refusal ?? `'${outer.type}' is no transform`);
      return NOTHING;
    }
    return this.ofKind(kind, outer.attributes ?? {}, { ...place, path: join(place.path, 'attributes') });
  }

  private ofKind(kind: TransformKind, given: Record<string, unknown>, place: Place): Evaluate {
    const attributes = this.parse(kind.attributes, given, place.path);
    if (attributes === null) return NOTHING;
    if (attributes.requiresPeriodicRefresh) this.needs.add('time');
    const use = kind.inputUse(attributes as never);
    const explicit = this.input(attributes.input, use, place);
    const hasInput = place.hasInput || explicit !== null;
    if (use === 'text' && !hasInput)
      this.problem(join(place.path, 'input'), 'is missing, and nothing around it hands an input down');
    const compiled = kind.compile(attributes as never, this.site({ ...place, hasInput }));
    return compiled === null ? NOTHING : limited(compiled, use, explicit, ownPath(place));
  }

  /** The transform's own input, or null where it takes the one handed down. An empty text means that too. */
  private input(value: unknown, use: InputUse, place: Place): Evaluate | null {
    if (value === undefined || value === null || value === '') return null;
    const compiled = this.operand(value, 'input', place, {});
    return use === 'none' ? null : compiled;
  }

  private site(place: Place): TransformSite {
    return {
      hasInput: place.hasInput,
      problem: (key, message) => this.problem(join(place.path, key), message),
      fail: (reason) => {
        throw new TransformError(ownPath(place), reason);
      },
      operand: (value, key, options = {}) => this.operand(value, key, place, options),
      named: (name, key) => this.reference(name, key, place),
      readsAccount: (source, attributes) => this.noteAccount(source, attributes),
      readsIdentity: (attributes) => {
        for (const attribute of attributes) this.identityAttributes.add(attribute);
      },
      needs: (need) => this.needs.add(need),
    };
  }

  private operand(value: unknown, key: string, place: Place, options: OperandOptions): Evaluate {
    if (value === null || value === undefined) return NOTHING;
    const path = join(place.path, key);
    const knowsNow = place.knowsNow || (options.knowsNow ?? false);
    if (typeof value === 'object') {
      const hasInput = options.hasInput ?? place.hasInput;
      return this.transform(value, { ...place, path, depth: place.depth + 1, hasInput, knowsNow });
    }
    if (knowsNow && isNow(String(value))) this.needs.add('time');
    const compiled = compileTemplate(String(value), path, options.variables);
    if (typeof compiled === 'function') return compiled;
    this.problem(path, compiled.problem);
    return NOTHING;
  }

  private reference(name: string, key: string, place: Place): Evaluate {
    const path = join(place.path, key);
    if (place.references.includes(name)) {
      this.problem(path, `'${name}' refers to itself, by way of ${[...place.references, name].join(' → ')}`);
      return NOTHING;
    }
    const definition = this.named.get(name);
    if (definition === undefined) {
      this.problem(path, `there is no transform named '${name}'`);
      return NOTHING;
    }
    return this.transform(definition, {
      ...place,
      path: `${path}('${name}')`,
      depth: place.depth + 1,
      references: [...place.references, name],
    });
  }

  private noteAccount(source: SourceReference, attributes: readonly string[]): void {
    const key = JSON.stringify([source.sourceId, source.sourceName]);
    const noted = this.accounts.get(key) ?? { source, attributes: new Set() };
    for (const attribute of attributes) noted.attributes.add(attribute);
    this.accounts.set(key, noted);
  }

  private parse<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data as z.output<Schema>;
    for (const issue of parsed.error.issues) this.issue(issue, path);
    return null;
  }

  private issue(issue: z.core.$ZodIssue, path: string): void {
    const at = issue.path.reduce<string>((before, part) => join(before, part), path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.problem(join(at, key), 'is not known here');
      return;
    }
    this.problem(at, issue.message.endsWith('received undefined') ? 'is missing' : issue.message);
  }

  private problem(path: string, message: string): void {
    this.problems.push({ path: join(this.basePath, path), message });
  }
}

/** Of the transform itself, from that of its attributes. */
function ownPath(place: Place): string {
  return place.path.replace(/\.?attributes$/, '');
}

function join(path: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' || key === '' ? `${path}${String(key)}` : `${path}.${String(key)}`;
}

/** Puts the input in front of a compiled transform, and the limit behind it. */
function limited(
  compiled: Evaluate | EvaluateText,
  use: InputUse,
  explicit: Evaluate | null,
  path: string,
): Evaluate {
  const check = (value: string | null): string | null => {
    if (value !== null && value.length > MAX_VALUE)
      throw new TransformError(path, `the value has more than ${MAX_VALUE} characters`);
    return value;
  };
  if (use === 'text') {
    const ofText = compiled as EvaluateText;
    return (scope, handedDown) => {
      const input = explicit === null ? handedDown : explicit(scope, handedDown);
      return input === null ? null : check(ofText(input, scope));
    };
  }
  const evaluate = compiled as Evaluate;
  if (explicit === null) return (scope, input) => check(evaluate(scope, input));
  return (scope, handedDown) => check(evaluate(scope, explicit(scope, handedDown)));
}
