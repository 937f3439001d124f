// Evaluates transforms in tests: a person with nothing but what the test gives, at a fixed time, with known chance.
import { compileTransform } from '../../domain/transforms/compile-transform.ts';
import { NameBook } from '../../domain/transforms/name-book.ts';
import { TransformError } from '../../domain/transforms/transform-error.ts';
import type {
  TransformAccount,
  TransformScope,
  TransformValue,
} from '../../domain/transforms/transform-kind.ts';

export const NOW = Date.parse('2026-11-23T10:20:30.456Z');

/** A scope without accounts or attributes; `below` counts up, so that chance repeats. */
export function transformScope(overrides: Partial<TransformScope> = {}): TransformScope {
  let drawn = 0;
  return {
    personId: 'person-1',
    accounts: [],
    missing: [],
    identityAttribute: () => null,
    oldValue: null,
    now: NOW,
    random: {
      below: (limit) => {
        drawn += 1;
        return (drawn * 7) % limit;
      },
      uuid: () => 'f7493c55-f3fc-491a-b352-4664d71f885b',
    },
    names: new NameBook(),
    ...overrides,
  };
}

/** Answers a look-up of names: who has them, by the name in lower case. */
export function answerNames(book: NameBook, taken: Record<string, string> = {}): void {
  book.learn(
    book.wanted().map((name) => {
      const key = name.toLowerCase();
      return { name, key, holder: taken[key] ?? null };
    }),
  );
}

/** An account on the source "HR Source". */
export function account(
  attributes: Record<string, unknown>,
  overrides: Partial<TransformAccount> = {},
): TransformAccount {
  return {
    sourceId: '0193a7c0-0000-7000-8000-000000000001',
    sourceName: 'HR Source',
    nativeIdentity: 'hr-1',
    displayName: null,
    created: '2020-01-01T00:00:00.000Z',
    entitlements: false,
    attributes,
    ...overrides,
  };
}

/** The value of a transform of `type`. */
export function transformed(
  type: string,
  attributes: Record<string, unknown>,
  scope: Partial<TransformScope> = {},
): TransformValue {
  return compileTransform({ type, attributes }).evaluate(transformScope(scope));
}

/** What a transform fails with, as path and reason. Throws where it does not fail. */
export function failure(
  type: string,
  attributes: Record<string, unknown>,
  scope: Partial<TransformScope> = {},
): { path: string; reason: string } {
  try {
    transformed(type, attributes, scope);
  } catch (error) {
    if (error instanceof TransformError) return { path: error.path, reason: error.reason };
    throw error;
  }
  throw new Error('the transform did not fail');
}

/** A transform that gives null. */
export const NULL = { type: 'identityAttribute', attributes: { name: 'nobodyHasThis' } };

/** accountAttribute on "HR Source". */
export function hr(attributeName: string) {
  return { type: 'accountAttribute', attributes: { sourceName: 'HR Source', attributeName } };
}
