// Chooses which attributes to ask for: everything the schema has for users, without what is secret.
import type { IsSecretAttribute } from '../../domain/secret-attributes.ts';
import { ID_ATTRIBUTES } from './attribute-catalog.ts';
import type { ServerSchema } from './server-schema.ts';

/**
 * What most entries have, most common first: OpenLDAP walks through the list of requested attributes for every
 * attribute of every entry, so that the order decides what a long list costs.
 */
const COMMON = [
  'objectClass',
  'cn',
  'uid',
  'sn',
  'givenName',
  'mail',
  'displayName',
  'entryUUID',
  'createTimestamp',
  'modifyTimestamp',
  'member',
  'uniqueMember',
  'memberUid',
  'description',
  'title',
  'telephoneNumber',
  'employeeNumber',
  'departmentNumber',
  'ou',
  'o',
  'manager',
  'uidNumber',
  'gidNumber',
  'homeDirectory',
  'loginShell',
  'gecos',
  'mobile',
  'l',
  'st',
  'postalCode',
  'street',
  'roomNumber',
  'employeeType',
  'initials',
  'preferredLanguage',
  'jpegPhoto',
  'owner',
  'shadowLastChange',
  'shadowExpire',
];

/** Operational attributes worth having; which of them a server knows, it says itself. */
const OPERATIONAL = [
  'entryUUID',
  'createTimestamp',
  'modifyTimestamp',
  'pwdChangedTime',
  'pwdAccountLockedTime',
  'pwdLastSuccess',
  'pwdReset',
  'pwdStartTime',
  'pwdEndTime',
  'authTimestamp',
  'nsUniqueId',
  'nsAccountLock',
  'passwordExpirationTime',
  'accountUnlockTime',
  'lastLoginTime',
  'ibm-entryUUID',
  'ibm-pwdAccountLocked',
  'GUID',
  'loginDisabled',
  'loginExpirationTime',
  'loginTime',
  'ds-pwp-account-disabled',
  'ds-last-login-time',
];

/**
 * The attributes to request. Without a schema it is everything (`*`), and secrets are dropped on arrival;
 * `complete` is false then.
 */
export function requestedAttributes(
  schema: ServerSchema | null,
  isSecret: IsSecretAttribute,
  idAttribute: string | null,
): { names: string[]; explicit: boolean } {
  const own = idAttribute === null || isSecret(idAttribute) ? [] : [idAttribute];
  if (schema === null) return { names: ['*', ...OPERATIONAL, ...own], explicit: false };
  const known = new Map<string, string>();
  for (const type of schema.attributeTypes) {
    const name = type.names[0] as string;
    // OpenLDAP's own configuration shares its schema; no directory entry has these.
    if (!/^olc/i.test(name)) for (const each of type.names) known.set(each.toLowerCase(), name);
  }
  const user = schema.attributeTypes
    .filter(({ operational, names }) => !operational && known.has((names[0] as string).toLowerCase()))
    .map(({ names }) => names[0] as string);
  const wanted = new Map<string, string>();
  for (const name of [...COMMON, ...own, ...ID_ATTRIBUTES, ...OPERATIONAL]) {
    const spelled = known.get(name.toLowerCase());
    if (spelled !== undefined) wanted.set(spelled.toLowerCase(), spelled);
  }
  for (const name of [...user, ...own]) wanted.set(name.toLowerCase(), name);
  return { names: [...wanted.values()].filter((name) => !isSecret(name)), explicit: true };
}
