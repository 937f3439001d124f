// Reads values of `filters` as numbers, booleans, times and ids.
import { z } from 'zod';
import type { Value } from './filter-tree.ts';

export type Literal = string | number | boolean | Date;

export interface Reading<Of extends Literal> {
  /** Undefined where the value is something else. */
  literal: Of | undefined;
  /** What would be right. */
  wanted: string;
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const ID = /^([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})$/;
const TIME = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** Unquoted: in quotes, it is text. */
export function asNumber({ text, quoted }: Value): Reading<number> {
  const number = quoted || !NUMBER.test(text) ? Number.NaN : Number(text);
  return { literal: Number.isFinite(number) ? number : undefined, wanted: 'a number without quotes' };
}

/** Unquoted: in quotes, it is text. */
export function asBoolean({ text, quoted }: Value): Reading<boolean> {
  const known = !quoted && (text === 'true' || text === 'false');
  return { literal: known ? text === 'true' : undefined, wanted: 'true or false without quotes' };
}

/**
 * RFC 3339, section 5.6, to the millisecond; a date is its first instant in UTC, a year too, as in the vendor's
 * examples (`startDate gt 2018`).
 */
export function asTime({ text }: Value): Reading<Date> {
  const full = /^\d{4}$/.test(text) ? `${text}-01-01` : text.toUpperCase();
  const time = TIME.safeParse(full).success ? new Date(full) : undefined;
  return {
    literal: time && !Number.isNaN(time.getTime()) ? time : undefined,
    wanted: 'a date-time as 2026-01-31T08:00:00Z, or a date',
  };
}

/** One of `values`, whatever its case, as it stands there. */
export function asChoice({ text }: Value, values: readonly string[]): Reading<string> {
  const lower = text.toLowerCase();
  return {
    literal: values.find((value) => value.toLowerCase() === lower),
    wanted: `one of ${values.join(', ')}`,
  };
}

/** A UUID with hyphens or without, as one with them in lower case. */
export function asId({ text }: Value): Reading<string> {
  const [, first, , ...rest] = ID.exec(text.toLowerCase()) ?? [];
  return {
    literal: first === undefined ? undefined : [first, ...rest].join('-'),
    wanted: 'an id: 32 hex digits, or a UUID',
  };
}

/** The first digits of an id, hyphens where a UUID has them or none, as lower-case digits alone. */
export function asIdBeginning({ text }: Value): Reading<string> {
  const lower = text.toLowerCase();
  const digits = lower.replaceAll('-', '');
  const usable = /^[0-9a-f]{0,32}$/.test(digits) && (lower === digits || isBeginningOfUuid(lower));
  return { literal: usable ? digits : undefined, wanted: 'the beginning of an id: hex digits' };
}

function isBeginningOfUuid(text: string): boolean {
  return (
    /^[0-9a-f-]{0,36}$/.test(text) &&
    ID.test(text + '00000000-0000-0000-0000-000000000000'.slice(text.length))
  );
}
