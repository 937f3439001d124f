// The tree that a `filters` expression is parsed to, and the words that it may have.

export const COMPARISONS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'co', 'sw', 'in', 'ca'] as const;

/** All operators that a field may have; `isnull` and `pr` take no value. */
export const OPERATORS = [...COMPARISONS, 'isnull', 'pr'] as const;

export type Comparison = (typeof COMPARISONS)[number];
export type Operator = (typeof OPERATORS)[number];

/** Words with a meaning of their own where an expression begins or goes on. */
export const RESERVED: readonly string[] = ['and', 'or', 'not'];

/** A value as it was written; what it is depends on the field that it is compared with. */
export interface Value {
  text: string;
  /** In double quotes: then it is text, whatever it looks like. */
  quoted: boolean;
  /** Offset into the expression. */
  at: number;
}

export interface Test {
  kind: 'test';
  path: string;
  operator: Operator;
  /** One, several with `in` and `ca`, none with `isnull` and `pr`. */
  values: Value[];
  /** Offsets of path and operator. */
  at: number;
  operatorAt: number;
}

/** `and` and `or` have two parts or more; parentheses that nest like in like are kept as they were. */
export type Filter = { kind: 'and' | 'or'; parts: Filter[] } | { kind: 'not'; part: Filter } | Test;
