// What a transform is made of: its attributes' schema, how its input is used, and the function it compiles to.
import type { z } from 'zod';
import { commonAttributes } from './attribute-schemas.ts';
import type { NameBook } from './name-book.ts';
import type { RandomSource } from './random-source.ts';

export type TransformValue = string | null;

/** An account of the person, as the refresh loads it. */
export interface TransformAccount {
  /** The connection; UUID with or without hyphens. */
  sourceId: string;
  sourceName: string;
  /** The account's own id on the source (`nativeIdentity` in filters). */
  nativeIdentity: string | null;
  displayName: string | null;
  /** When it was made, ISO 8601; accounts are sorted by it unless a transform says otherwise. */
  created: string | null;
  /** Whether it is a member of anything. */
  entitlements: boolean;
  /** At least what `reads` names, by the exact names of the source. Several values are an array. */
  attributes: Readonly<Record<string, unknown>>;
}

/** All that an evaluation may look at. Time, randomness and taken names are handed in, so it can be repeated. */
export interface TransformScope {
  personId: string;
  accounts: readonly TransformAccount[];
  /** What was to be read and could not be, there being no such connection. */
  missing: readonly SourceReference[];
  /** The person's identity attribute: as computed in this evaluation already, else as stored. */
  identityAttribute(name: string): TransformValue;
  /** What the attribute being computed had before (`$oldValue`). */
  readonly oldValue: TransformValue;
  /** Milliseconds since 1970. */
  now: number;
  random: RandomSource;
  names: NameBook;
}

/** A compiled transform. Throws TransformError, and NamesUnknown where a user name has to be looked up first. */
export type Evaluate = (scope: TransformScope, input: TransformValue) => TransformValue;

/** As Evaluate, for a transform of one text: it is not called when there is none. */
export type EvaluateText = (text: string, scope: TransformScope) => TransformValue;

/** What a transform may use while it is compiled. */
export interface TransformSite {
  /** Says what is wrong with the attribute `key` (`table.US`, `values[2]`). */
  problem(key: string, message: string): void;
  /** Ends the evaluation for one person. */
  fail(reason: string): never;
  /** A value that is text, a template or a nested transform. `key` is its place among the attributes. */
  operand(value: unknown, key: string, options?: OperandOptions): Evaluate;
  /** A transform that has a name of its own, for `reference`. */
  named(name: string, key: string): Evaluate;
  /** Notes what is read of accounts or of the identity. */
  readsAccount(source: SourceReference, attributes: readonly string[]): void;
  readsIdentity(attributes: readonly string[]): void;
  /** Notes that the result depends on the present time, on chance or on names that others have. */
  needs(need: 'time' | 'random' | 'names'): void;
  /** Whether there is an input: of its own or handed down. */
  readonly hasInput: boolean;
}

export interface OperandOptions {
  /** The compiled operand is given an input even where the transform itself has none. */
  hasInput?: boolean;
  /** Where the text `now` is written in it or in what is nested in it, it means the present time. */
  knowsNow?: boolean;
  /** Variables that a template may name (`$department`). */
  variables?: ReadonlyMap<string, Evaluate>;
}

/** A source by id, where the definition gives one, else by name. */
export interface SourceReference {
  sourceId?: string;
  sourceName?: string;
}

/**
 * text: works on its input and gives null for null; children: hands its input down to what is nested;
 * none: has no use for an input.
 */
export type InputUse = 'text' | 'children' | 'none';

/** A source, with the attributes of its accounts that are read. */
export interface AccountReads extends SourceReference {
  attributes: string[];
}

/** What has to be loaded before a definition can be evaluated. */
export interface TransformReads {
  accounts: AccountReads[];
  identityAttributes: string[];
}

export interface TransformKind {
  readonly type: string;
  /** Of the attributes, with those that every transform may have. Others are refused unless they are variables. */
  readonly attributes: z.ZodObject;
  inputUse(attributes: never): InputUse;
  /** Null where a problem was found. */
  compile(attributes: never, site: TransformSite): EvaluateText | Evaluate | null;
}

/** A transform that works on one text. */
export function textTransform<Shape extends z.ZodObject>(
  type: string,
  attributes: Shape,
  compile: (attributes: z.output<Shape>, site: TransformSite) => EvaluateText | null,
): TransformKind {
  return { type, attributes: complete(attributes), inputUse: () => 'text', compile };
}

/** Any other transform. */
export function valueTransform<Shape extends z.ZodObject>(
  type: string,
  attributes: Shape,
  inputUse: InputUse | ((attributes: z.output<Shape>) => InputUse),
  compile: (attributes: z.output<Shape>, site: TransformSite) => Evaluate | null,
): TransformKind {
  return {
    type,
    attributes: complete(attributes),
    inputUse: typeof inputUse === 'function' ? inputUse : () => inputUse,
    compile,
  };
}

function complete(attributes: z.ZodObject): z.ZodObject {
  const all = attributes.extend(commonAttributes);
  return all.def.catchall === undefined ? all.strict() : all;
}
