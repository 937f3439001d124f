// Compares distinguished names: two names are the same object's if and only if their keys are equal strings.
import { parseDistinguishedName, type RelativeName } from './distinguished-name-parser.ts';
import { foldText } from './folded-text.ts';

export { type NamePart, parseDistinguishedName, type RelativeName } from './distinguished-name-parser.ts';

/** Names and numbers of one attribute type (RFC 4519, RFC 4524, RFC 2985) → the short name. */
const TYPE_NAMES = new Map<string, string>(
  [
    ['cn', 'commonname', '2.5.4.3'],
    ['sn', 'surname', '2.5.4.4'],
    ['serialnumber', '2.5.4.5'],
    ['c', 'countryname', '2.5.4.6'],
    ['l', 'localityname', '2.5.4.7'],
    ['st', 'stateorprovincename', '2.5.4.8'],
    ['street', 'streetaddress', '2.5.4.9'],
    ['o', 'organizationname', '2.5.4.10'],
    ['ou', 'organizationalunitname', '2.5.4.11'],
    ['title', '2.5.4.12'],
    ['name', '2.5.4.41'],
    ['givenname', 'gn', '2.5.4.42'],
    ['initials', '2.5.4.43'],
    ['uniqueidentifier', 'x500uniqueidentifier', '2.5.4.45'],
    ['dnqualifier', '2.5.4.46'],
    ['uid', 'userid', '0.9.2342.19200300.100.1.1'],
    ['mail', 'rfc822mailbox', '0.9.2342.19200300.100.1.3'],
    ['dc', 'domaincomponent', '0.9.2342.19200300.100.1.25'],
    ['emailaddress', 'email', 'pkcs9email', '1.2.840.113549.1.9.1'],
  ].flatMap(([short, ...others]) => [short, ...others].map((name) => [name as string, short as string])),
);

// What would end a value or change its reading when the key is parsed again; `,` must never stand for itself
// inside a value, so that a key's parents are its suffixes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: a NUL must not reach the database.
const SPECIAL = /[",;+<>\\\u0000]|^#/g;

function escapeForKey(value: string): string {
  return value.replace(SPECIAL, (found) => `\\${found.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function relativeKey(name: RelativeName): string {
  const parts = name.map(({ type, value, encoded }) => {
    const folded = type.toLowerCase();
    return `${TYPE_NAMES.get(folded) ?? folded}=${encoded ? value : escapeForKey(foldText(value))}`;
  });
  return parts.length === 1 ? (parts[0] as string) : [...new Set(parts)].sort().join('+');
}

/**
 * The key by which a name is compared, by way of the whole grammar; `dnKey` gives the same, faster.
 * @throws AppError `invalid_request` when it is malformed.
 */
export function parsedDnKey(dn: string): string {
  return parseDistinguishedName(dn).map(relativeKey).join(',');
}

const COMMA = 0x2c;
const EQUALS = 0x3d;
const SPACE = 0x20;

/** Marks the ASCII characters that stand for themselves in a value wherever they are. */
const STANDS_FOR_ITSELF = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code += 1) {
  STANDS_FOR_ITSELF[code] = '",;+<>\\#'.includes(String.fromCharCode(code)) ? 0 : 1;
}

/**
 * Where the first RDN ends if it is plain: a known way of writing a short type, then ASCII without escapes and
 * without spaces at an end or side by side. -1 when it needs the whole grammar.
 */
function endOfPlainName(dn: string): number {
  let equals = -1;
  let previous = SPACE;
  for (let at = 0; at < dn.length; at += 1) {
    const code = dn.charCodeAt(at);
    if (code === COMMA) return equals < 0 || previous === SPACE ? -1 : at;
    if (code === EQUALS && equals < 0) {
      if (previous === SPACE) return -1;
      equals = at;
      previous = SPACE;
      continue;
    }
    if (code === SPACE) {
      if (previous === SPACE || equals < 0) return -1;
    } else if (code > 0x7e || STANDS_FOR_ITSELF[code] === 0) return -1;
    previous = code;
  }
  return equals < 0 || previous === SPACE ? -1 : dn.length;
}

const PLAIN_TYPE = /^[a-z][a-z0-9-]*$/;

/** Parents seen lately: most names of a directory lie below few containers. */
const PARENT_LIMIT = 4096;
let parents = new Map<string, string>();

function parentKey(parent: string): string {
  const known = parents.get(parent);
  if (known !== undefined) return known;
  const key = dnKey(parent);
  // Starting over is cheaper than keeping an order, and a directory of few containers never gets here.
  if (parents.size >= PARENT_LIMIT) parents = new Map();
  parents.set(parent, key);
  return key;
}

/**
 * The key by which a distinguished name is compared (RFC 4514 for its writing, RFC 4517 distinguishedNameMatch
 * with caseIgnoreMatch for every value): types by their short lower-case names, values folded, the parts of a
 * multi-valued RDN in order. The key is itself a distinguished name with that key.
 * @throws AppError `invalid_request` when it is malformed.
 */
export function dnKey(dn: string): string {
  const end = endOfPlainName(dn);
  if (end < 0) return parsedDnKey(dn);
  const name = (end === dn.length ? dn : dn.slice(0, end)).toLowerCase();
  const equals = name.indexOf('=');
  const type = name.slice(0, equals);
  const short = TYPE_NAMES.get(type);
  if (short === undefined && !PLAIN_TYPE.test(type)) return parsedDnKey(dn);
  const own = short === undefined || short === type ? name : short + name.slice(equals);
  if (end === dn.length) return own;
  // A comma at the very end has no name behind it: the grammar says what is wrong.
  if (end + 1 >= dn.length) return parsedDnKey(dn);
  const parent = parentKey(dn.slice(end + 1));
  return parent === '' ? parsedDnKey(dn) : `${own},${parent}`;
}

/**
 * Whether `dn` is `base` or lies below it. Every name lies below the root, the empty name.
 * @throws AppError `invalid_request` when one of them is malformed.
 */
export function isUnder(dn: string, base: string): boolean {
  const baseKey = dnKey(base);
  if (baseKey === '') return true;
  const key = dnKey(dn);
  return key === baseKey || key.endsWith(`,${baseKey}`);
}
