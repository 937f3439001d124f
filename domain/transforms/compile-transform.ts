// Checks and compiles a definition in one pass, so that what is refused at saving is what could not be evaluated.
import { AppError, type ErrorDetail } from '../app-error.ts';
import { MAX_DEFINITION } from './limits.ts';
import { storable } from './storable.ts';
import type { Evaluate, TransformReads, TransformScope, TransformValue } from './transform-kind.ts';
import { TransformWalk } from './transform-walk.ts';

export interface CompileOptions {
  /** Where the definition is, as errors name it (`body.transformDefinition`). */
  path?: string;
  /** Definitions by name, for `reference`. */
  named?: ReadonlyMap<string, unknown>;
  /** It is to be referred to, so a reference can hand it an input. */
  hasInput?: boolean;
}

export interface CompiledTransform {
  /** Computes the value for one person. Throws TransformError, and NamesUnknown (see NameBook). */
  evaluate(scope: TransformScope): TransformValue;
  reads: TransformReads;
  /** Its value depends on the present time: compute it again even where no data changed. */
  timeBased: boolean;
  /** Every evaluation gives another value: one that is there should be kept. */
  random: boolean;
  /** It makes user names, so a batch has to look names up. */
  makesNames: boolean;
}

/** What is wrong with a definition; empty when it can be evaluated. */
export function checkTransform(definition: unknown, options: CompileOptions = {}): ErrorDetail[] {
  return walk(definition, options).problems;
}

/** Compiles a definition once for many persons. Throws `invalid_configuration` with what checkTransform finds. */
export function compileTransform(definition: unknown, options: CompileOptions = {}): CompiledTransform {
  const { problems, result, reads, needs } = walk(definition, options);
  if (problems.length > 0) {
    const first = problems[0] as ErrorDetail;
    throw new AppError('invalid_configuration', `${first.path}: ${first.message}`, { details: problems });
  }
  return {
    evaluate: (scope) => {
      const value = result(scope, null);
      return value === null ? null : storable(value);
    },
    reads,
    timeBased: needs.has('time'),
    random: needs.has('random'),
    makesNames: needs.has('names'),
  };
}

/** Whether the value depends on the present time; a definition that cannot be served does not. */
export function isTimeBased(definition: unknown, options: CompileOptions = {}): boolean {
  return walk(definition, options).needs.has('time');
}

/** Which sources, account attributes and identity attributes a definition reads. */
export function readsOf(definition: unknown, options: CompileOptions = {}): TransformReads {
  return walk(definition, options).reads;
}

function walk(
  definition: unknown,
  options: CompileOptions,
): { problems: ErrorDetail[]; result: Evaluate; reads: TransformReads; needs: Set<string> } {
  const path = options.path ?? 'transformDefinition';
  const message = tooLarge(definition);
  if (message !== null) {
    const reads = { accounts: [], identityAttributes: [] };
    return { problems: [{ path, message }], result: () => null, reads, needs: new Set() };
  }
  const walked = new TransformWalk(path, options.named ?? new Map());
  const result = walked.compile(definition, options.hasInput ?? false);
  return { problems: walked.problems, result, reads: walked.reads(), needs: walked.needs };
}

function tooLarge(definition: unknown): string | null {
  try {
    const size = JSON.stringify(definition)?.length ?? 0;
    if (size <= MAX_DEFINITION) return null;
    return `has ${size} characters as JSON; ${MAX_DEFINITION} are the most a transform may have`;
  } catch (error) {
    // What JSON.stringify cannot follow is nested thousands deep.
    if (error instanceof RangeError) return 'is nested too deep';
    throw error;
  }
}
