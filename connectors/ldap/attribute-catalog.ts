// Knows of every attribute name what is to be done with it, looked up once a name and not once a value.
import { attributeKey, type IsSecretAttribute } from '../../domain/secret-attributes.ts';
import { isSideAttribute } from '../../domain/side-attributes.ts';
import type { ValueFormat } from './values.ts';

/** Attributes that hold an entry's immutable id, the first that an entry has counts. */
export const ID_ATTRIBUTES = ['entryUUID', 'nsUniqueId', 'ibm-entryUUID', 'GUID'];

/** Attributes that hold a group's members, the first that an entry has counts. */
export const MEMBER_ATTRIBUTES = ['member', 'uniqueMember', 'memberUid'];

/** Attributes with binary syntaxes, for servers whose schema can't be read (RFC 4523, RFC 2798, RFC 4519). */
const BINARY_NAMES = [
  'audio',
  'photo',
  'jpegPhoto',
  'thumbnailPhoto',
  'thumbnailLogo',
  'userCertificate',
  'userSMIMECertificate',
  'userPKCS12',
  'cACertificate',
  'crossCertificatePair',
  'certificateRevocationList',
  'authorityRevocationList',
  'deltaRevocationList',
  'supportedAlgorithms',
  'x500UniqueIdentifier',
  'objectGUID',
  'objectSid',
  'GUID',
];

/** What is known of one attribute name, options included. */
export interface AttributeTraits {
  name: string;
  /** `dropped`: secret, or no attribute name at all. */
  place: 'attributes' | 'sideAttributes' | 'dropped';
  binary: boolean;
  /** Position among the id attributes; -1 for others. */
  idRank: number;
  /** Position among the member attributes; -1 for others. */
  memberRank: number;
  isObjectClass: boolean;
  isUid: boolean;
  /** How binary values are written as text; null for those that are kept as they are. */
  format: ValueFormat | null;
}

/** What a kind of server means by its attributes. */
export interface AttributeMeanings {
  /** Attributes that hold an entry's immutable id, the first that an entry has counts. */
  ids: readonly string[];
  /** Attributes that hold a group's members, the first that an entry has counts. */
  members: readonly string[];
  /** Members come in portions (`member;range=0-1499`), and the connector fetches the others. */
  membersInRanges: boolean;
  /** By attribute key. */
  formats: ReadonlyMap<string, ValueFormat>;
  isSide: (name: string) => boolean;
}

/** What LDAP servers mean by theirs. */
const LDAP_MEANINGS: AttributeMeanings = {
  ids: ID_ATTRIBUTES,
  members: MEMBER_ATTRIBUTES,
  membersInRanges: false,
  formats: new Map(),
  isSide: isSideAttribute,
};

export interface AttributeCatalog {
  traits(name: string): AttributeTraits;
}

const RANGED = /^[^;]+;range=\d+-(?:\d+|\*)$/i;
// Underscores are no part of RFC 4512's names, but some servers have them.
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(;[A-Za-z0-9-]+(=[A-Za-z0-9*-]+)?)*$/;

/** @param binaryNames attributes whose syntax is binary, as the server's schema says; null when it can't be read. */
export function createAttributeCatalog(options: {
  isSecret: IsSecretAttribute;
  binaryNames: ReadonlySet<string> | null;
  idAttribute: string | null;
  meanings?: AttributeMeanings;
}): AttributeCatalog {
  const { isSecret, idAttribute, meanings = LDAP_MEANINGS } = options;
  const known = new Map<string, AttributeTraits>();
  const binary = new Set([...BINARY_NAMES.map(attributeKey), ...(options.binaryNames ?? [])]);
  const ids = [...meanings.ids, ...(idAttribute === null ? [] : [idAttribute])].map(attributeKey);
  const members = meanings.members.map(attributeKey);
  const describe = (name: string): AttributeTraits => {
    const key = attributeKey(name);
    const plain = !name.includes(';');
    const dropped = !NAME.test(name) || isSecret(name);
    const isPortion = meanings.membersInRanges && RANGED.test(name) && members.includes(key);
    return {
      name: isPortion ? name.slice(0, name.indexOf(';')) : name,
      place: dropped ? 'dropped' : meanings.isSide(name) ? 'sideAttributes' : 'attributes',
      binary: binary.has(key) || /;binary(;|$)/i.test(name),
      idRank: plain ? ids.indexOf(key) : -1,
      memberRank: plain || isPortion ? members.indexOf(key) : -1,
      isObjectClass: plain && key === 'objectclass',
      isUid: plain && key === 'uid',
      format: meanings.formats.get(key) ?? null,
    };
  };
  return {
    traits(name) {
      let traits = known.get(name);
      if (traits === undefined) {
        traits = describe(name);
        // A server invents no names, so the map stays as small as its schema; the limit is against a broken one.
        if (known.size < 20_000) known.set(name, traits);
      }
      return traits;
    },
  };
}
