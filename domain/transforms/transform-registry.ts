// Every transform that is served, by type, and why others are not.
import { accountAttribute } from './account-attribute.ts';
import { base64Decode, base64Encode } from './base64.ts';
import { concat, join } from './concat.ts';
import { conditional } from './conditional.ts';
import { dateCompare } from './date-compare.ts';
import { dateFormat } from './date-format.ts';
import { dateMath } from './date-math.ts';
import { e164phone } from './e164-phone.ts';
import { firstValid } from './first-valid.ts';
import { displayName, identityAttribute } from './identity-attribute.ts';
import { indexOf, lastIndexOf } from './index-of.ts';
import { iso3166 } from './iso3166.ts';
import { lookup } from './lookup.ts';
import { normalizeNames } from './normalize-names.ts';
import { leftPad, rightPad } from './pad.ts';
import { decomposeDiacriticalMarks, lower, trim, upper } from './plain-text.ts';
import { randomAlphaNumeric, randomNumeric, uuid } from './random.ts';
import { reference } from './reference.ts';
import { replace, replaceAll } from './replace.ts';
import { rfc5646 } from './rfc5646.ts';
import { split } from './split.ts';
import { staticText } from './static.ts';
import { getEndOfString, substring } from './substring.ts';
import type { TransformKind } from './transform-kind.ts';
import { usernameGenerator } from './username-generator.ts';

const ALL: readonly TransformKind[] = [
  accountAttribute,
  base64Decode,
  base64Encode,
  concat,
  conditional,
  dateCompare,
  dateFormat,
  dateMath,
  decomposeDiacriticalMarks,
  displayName,
  e164phone,
  firstValid,
  getEndOfString,
  identityAttribute,
  indexOf,
  iso3166,
  join,
  lastIndexOf,
  leftPad,
  lookup,
  lower,
  normalizeNames,
  randomAlphaNumeric,
  randomNumeric,
  reference,
  replace,
  replaceAll,
  rfc5646,
  rightPad,
  split,
  staticText,
  substring,
  trim,
  upper,
  usernameGenerator,
  uuid,
];

/** The vendor writes getEndOfString as an operation of a rule of its own. */
const VENDOR_RULE = 'Cloud Services Deployment Utility';

/** By type; a `rule` is there for the one operation of the vendor's own rule that is served. */
export const TRANSFORM_KINDS: ReadonlyMap<string, TransformKind> = new Map([
  ...ALL.map((kind) => [kind.type, kind] as const),
  ['rule', getEndOfString] as const,
]);

/** The types that can be written, in order. */
export const TRANSFORM_TYPES: readonly string[] = ALL.map((kind) => kind.type);

/** Why a transform of this type cannot be served, in a sentence that names what can; null when it can. */
export function unservable(type: string, attributes: Record<string, unknown>): string | null {
  if (type === 'rule') {
    const isEnd = attributes.name === VENDOR_RULE && attributes.operation === 'getEndOfString';
    if (isEnd) return null;
    const what = typeof attributes.name === 'string' ? ` '${attributes.name}'` : '';
    return `a transform of type 'rule' cannot be served: it runs code${what} that is not here; only getEndOfString of '${VENDOR_RULE}' is`;
  }
  if (TRANSFORM_KINDS.has(type)) return null;
  return `there is no transform of type '${type}'; these are served: ${TRANSFORM_TYPES.join(', ')}`;
}
