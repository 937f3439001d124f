// Reads the values that directories and files write for times, account states and kinds of groups.

/** 100-nanosecond intervals between 1601-01-01 and 1970-01-01, the origin of Windows' FILETIME. */
const FILETIME_UNIX_EPOCH = 116_444_736_000_000_000n;
/** The two values by which Active Directory says "never". */
const FILETIME_NEVER = new Set(['0', '9223372036854775807']);

const GENERALIZED_TIME =
  /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2}))?)?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$/;
/** The form that servers write, of days that every month has: it needs no calendar. */
const USUAL_TIME = /^(?!0000)(\d{4})(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])([01]\d|2[0-3])([0-5]\d)([0-5]\d)Z$/;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * A point in time as an ISO 8601 string in UTC; null where `value` is none or means "never".
 * Reads GeneralizedTime (RFC 4517, 3.3.13), ISO 8601 (without a zone: UTC), FILETIME (17–19 digits) and, for
 * `shadowExpire`, days since 1970 (shadow(5)).
 */
export function parseTime(value: string, attribute: string): string | null {
  if (attribute.toLowerCase() === 'shadowexpire') return fromDays(value);
  const usual = USUAL_TIME.exec(value);
  if (usual) return `${usual[1]}-${usual[2]}-${usual[3]}T${usual[4]}:${usual[5]}:${usual[6]}.000Z`;
  const generalized = GENERALIZED_TIME.exec(value);
  if (generalized) return fromGeneralizedTime(generalized);
  if (/^\d{17,19}$/.test(value) && !FILETIME_NEVER.has(value))
    return toIso(Number((BigInt(value) - FILETIME_UNIX_EPOCH) / 10_000n));
  if (!ISO_TIME.test(value)) return null;
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(value.slice(10));
  const dated = value.length === 10 ? `${value}T00:00:00Z` : value.replace(' ', 'T') + (hasZone ? '' : 'Z');
  return toIso(Date.parse(dated));
}

function fromDays(value: string): string | null {
  const days = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  return days > 0 ? toIso(days * 86_400_000) : null;
}

function fromGeneralizedTime(match: RegExpExecArray): string | null {
  const [, year, month, day, hour, minute = '00', second = '00', fraction = '0', zone = 'Z'] = match;
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3) || '00'}`;
  const parsed = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second.replace('60', '59')}${offset}`,
  );
  // The fraction is of the last unit that was written (RFC 4517).
  const unit = match[6] ? 1_000 : match[5] ? 60_000 : 3_600_000;
  return toIso(parsed + Math.floor(Number(`0.${fraction}`) * unit));
}

/** RFC 3339 has years of four digits and PostgreSQL no year 0; what lies beyond is one more way to say "never". */
const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-31T00:00:00Z');

function toIso(milliseconds: number): string | null {
  return milliseconds >= FIRST_TIME && milliseconds < LAST_TIME ? new Date(milliseconds).toISOString() : null;
}

/** OpenLDAP's ppolicy: an account that an administrator locked for good (draft-behera-ldap-password-policy). */
const LOCKED_FOR_GOOD = '000001010000Z';
const ACCOUNT_DISABLE = 0x2;
const DISABLED_WORDS = new Set([
  'disabled',
  'inactive',
  'terminated',
  'locked',
  'suspended',
  'false',
  'no',
  '0',
  'n',
]);
const ACTIVE_WORDS = new Set(['enabled', 'active', 'true', 'yes', '1', 'y']);

/** Whether `value` of `attribute` says that an account is active or disabled; null where it says neither. */
export function parseStatus(value: string, attribute: string): 'active' | 'disabled' | null {
  const word = value.trim().toLowerCase();
  switch (attribute.toLowerCase()) {
    case 'useraccountcontrol':
      return /^-?\d+$/.test(word) ? ((Number(word) & ACCOUNT_DISABLE) !== 0 ? 'disabled' : 'active') : null;
    case 'pwdaccountlockedtime':
      return value === LOCKED_FOR_GOOD ? 'disabled' : null;
    case 'nsaccountlock':
    case 'logindisabled':
      return word === 'true' ? 'disabled' : 'active';
    default:
      if (DISABLED_WORDS.has(word)) return 'disabled';
      return ACTIVE_WORDS.has(word) ? 'active' : null;
  }
}

/** Bits of Active Directory's groupType (MS-ADTS section 2.2.12), by the scope that they mean. */
const GROUP_SCOPES = [
  [0x2, 'global'],
  [0x4, 'domain-local'],
  [0x8, 'universal'],
  [0x10, 'app-basic'],
  [0x20, 'app-query'],
] as const;
const SECURITY_ENABLED = 0x80000000;

/**
 * What kind of group `value` says: for Active Directory's number kind and scope (`security-global`,
 * `distribution-universal`), anything else as it is written.
 */
export function parseGroupType(value: string, attribute: string): string {
  const text = value.trim();
  if (attribute.toLowerCase() !== 'grouptype' || !/^-?\d{1,10}$/.test(text)) return text;
  const bits = Number(text);
  const scope = GROUP_SCOPES.find(([bit]) => (bits & bit) !== 0)?.[1];
  if (scope === undefined) return text;
  return `${(bits & SECURITY_ENABLED) === 0 ? 'distribution' : 'security'}-${scope}`;
}
