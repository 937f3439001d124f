// Decodes a search entry's bytes straight into the shape every connector hands over.
import { AppError } from '../../domain/app-error.ts';
import { dnKey } from '../../domain/distinguished-name.ts';
import { foldText } from '../../domain/folded-text.ts';
import type { Attributes, ReferenceKey, RejectedEntry, SourceEntry } from '../../domain/source-entry.ts';
import { type AttributeCatalog, type AttributeTraits, MEMBER_ATTRIBUTES } from './attribute-catalog.ts';
import { AttributeGuess } from './attribute-guess.ts';
import { classTakesMembers, idText, isBetterId } from './entry-id.ts';
import { BerLength } from './framing.ts';
import { type DecodedValues, decodeFormatted, decodeValues, textOf } from './values.ts';

/** An entry, or why it cannot be taken. */
export type DecodedEntry = { entry: SourceEntry } | { rejected: RejectedEntry };

const OCTET_STRING = 0x04;

/** What is gathered of one entry while its attributes are read. */
interface Gathered {
  attributes: Attributes;
  sideAttributes: Attributes;
  idRank: number;
  id: DecodedValues | null;
  memberRank: number;
  memberName: string;
  members: string[];
  objectClasses: string[];
  uid: string | null;
  ranged: string | null;
  /** The member attribute that holds a value which is no text. */
  unreadableMembers: string | null;
}

/** How entries of a kind of server are told apart and referred to. */
export interface EntryIdentity {
  /** Why an entry without an id has none. */
  missingId: string;
  /** The second key that others refer to the entry by. */
  alternateKey(entry: { sourceId: string; uid: string | null; objectClasses: string[] }): ReferenceKey | null;
  /** The member attribute of an entry that came without members; null where it is no group. */
  emptyGroup(entry: { objectClass: string; objectClasses: string[] }): string | null;
}

/** posixGroup names its members by `uid` (RFC 2307). */
const LDAP_IDENTITY: EntryIdentity = {
  missingId:
    'it has no immutable id (entryUUID, nsUniqueId, ibm-entryUUID, GUID or the configured idAttribute), or the bind account may not read it',
  alternateKey: ({ uid, objectClasses }) =>
    uid !== null && isObjectClass(objectClasses, 'posixAccount') ? `uid:${foldText(uid)}` : null,
  emptyGroup: ({ objectClass, objectClasses }) => {
    if (isObjectClass(objectClasses, 'posixGroup')) return 'memberUid';
    if (isObjectClass(objectClasses, 'groupOfUniqueNames')) return 'uniqueMember';
    return objectClass === 'group' ? (MEMBER_ATTRIBUTES[0] as string) : null;
  },
};

class UnreadableEntry extends Error {}

/** Whether an entry has an object class, spelled in any case. */
export function isObjectClass(classes: string[], name: string): boolean {
  const folded = name.toLowerCase();
  return classes.some((value) => value === name || value.toLowerCase() === folded);
}

/** Reads the attributes of entries of one class. */
export class EntryReader {
  readonly objectClass: string;
  private readonly guess: AttributeGuess;
  private readonly takesMembers: boolean;
  private readonly length = new BerLength();

  private readonly identity: EntryIdentity;

  constructor(catalog: AttributeCatalog, objectClass: string, identity: EntryIdentity = LDAP_IDENTITY) {
    this.identity = identity;
    this.guess = new AttributeGuess(catalog);
    this.objectClass = objectClass;
    this.takesMembers = classTakesMembers(objectClass);
  }

  /**
   * Decodes one SearchResultEntry (RFC 4511 section 4.5.2), whenever and in whatever order it is asked to.
   * @throws AppError `source_error` for a group whose members come in portions, which nobody can put together.
   */
  decode(bytes: Buffer, start: number, end: number): DecodedEntry {
    let dn: string | null = null;
    try {
      const name = this.element(bytes, start, end, OCTET_STRING);
      dn = textOf(bytes, name, this.length.next + this.length.value);
      if (dn === null) throw new UnreadableEntry('its distinguished name is not UTF-8');
      return this.finish(dn, this.gather(bytes, name + this.length.value, end));
    } catch (error) {
      // Not the entry's fault alone: a group whose members are missing must end the read.
      if (error instanceof AppError && error.code !== 'invalid_request') throw error;
      const reason = error instanceof Error ? error.message : 'it cannot be decoded';
      return {
        rejected: {
          distinguishedName: dn,
          code: 'undecodable',
          message: `The entry was not taken: ${reason}`,
        },
      };
    }
  }

  /** Checks an element's tag and length; its content begins at the returned offset. */
  private element(bytes: Buffer, at: number, limit: number, tag: number): number {
    if (bytes[at] !== tag || !this.length.read(bytes, at + 1, limit))
      throw new UnreadableEntry('it is malformed');
    if (this.length.next + this.length.value > limit) throw new UnreadableEntry('it is malformed');
    return this.length.next;
  }

  private gather(bytes: Buffer, start: number, end: number): Gathered {
    const gathered: Gathered = {
      attributes: {},
      sideAttributes: {},
      idRank: Number.POSITIVE_INFINITY,
      id: null,
      memberRank: Number.POSITIVE_INFINITY,
      memberName: '',
      members: [],
      objectClasses: [],
      uid: null,
      ranged: null,
      unreadableMembers: null,
    };
    let at = this.element(bytes, start, end, 0x30);
    const limit = at + this.length.value;
    for (let position = 0; at < limit; position += 1) {
      const attribute = this.element(bytes, at, limit, 0x30);
      at = attribute + this.length.value;
      const name = this.element(bytes, attribute, at, OCTET_STRING);
      const nameEnd = name + this.length.value;
      const traits = this.guess.traitsOf(bytes, name, nameEnd, position);
      if (traits.place === 'dropped') continue;
      const values = this.element(bytes, nameEnd, at, 0x31);
      const valuesEnd = values + this.length.value;
      const decoded =
        traits.format === null
          ? decodeValues(bytes, values, valuesEnd, traits.binary)
          : decodeFormatted(bytes, values, valuesEnd, traits.format);
      this.keep(gathered, traits, decoded);
    }
    return gathered;
  }

  private keep(gathered: Gathered, traits: AttributeTraits, values: DecodedValues): void {
    if ((Array.isArray(values) ? values : values.binary).length === 0) return;
    if (this.takesMembers && traits.memberRank >= 0) {
      if (Array.isArray(values)) this.keepMembers(gathered, traits, values);
      else gathered.unreadableMembers = traits.name;
      return;
    }
    if (this.takesMembers && /^(member|uniqueMember|memberUid);range=/i.test(traits.name))
      gathered.ranged = traits.name;
    if (traits.place === 'sideAttributes') gathered.sideAttributes[traits.name] = values;
    else gathered.attributes[traits.name] = values;
    if (isBetterId(traits, gathered.idRank, this.takesMembers)) {
      gathered.idRank = traits.idRank;
      gathered.id = values;
    }
    if (!Array.isArray(values)) return;
    if (traits.isObjectClass) gathered.objectClasses = values;
    else if (traits.isUid) gathered.uid = values[0] ?? null;
  }

  /** The first of the member attributes gives the members; the others stay ordinary attributes. */
  private keepMembers(gathered: Gathered, traits: AttributeTraits, values: string[]): void {
    if (traits.memberRank < gathered.memberRank) {
      if (gathered.members.length > 0) gathered.attributes[gathered.memberName] = gathered.members;
      gathered.memberRank = traits.memberRank;
      gathered.memberName = traits.name;
      gathered.members = values;
    } else {
      gathered.attributes[traits.name] = values;
    }
  }

  private finish(dn: string, gathered: Gathered): DecodedEntry {
    const sourceId = idText(gathered.id);
    if (sourceId === null) {
      const reason =
        gathered.id === null ? this.identity.missingId : 'its id attribute has several values or is no text';
      return {
        rejected: { distinguishedName: dn, code: 'no_id', message: `The entry was not taken: ${reason}.` },
      };
    }
    if (gathered.unreadableMembers !== null)
      return {
        rejected: {
          distinguishedName: dn,
          code: 'undecodable',
          message: `The group was not taken: a value of ${gathered.unreadableMembers} is no text, and without it the list would be short of a member.`,
        },
      };
    if (gathered.ranged !== null) {
      throw new AppError(
        'source_error',
        `The server sends the members of '${dn}' in portions (${gathered.ranged}), as Active Directory does; connections of type 'ldap' cannot put them together.`,
      );
    }
    const { uid, objectClasses } = gathered;
    return {
      entry: {
        sourceId,
        objectClass: this.objectClass,
        distinguishedName: dn,
        referenceKey: `dn:${dnKey(dn)}`,
        alternateKey: this.identity.alternateKey({ sourceId, uid, objectClasses }),
        attributes: gathered.attributes,
        sideAttributes: gathered.sideAttributes,
        memberAttribute: this.takesMembers ? this.memberAttribute(gathered) : null,
        memberValues: gathered.members,
      },
    };
  }

  private memberAttribute(gathered: Gathered): string | null {
    if (gathered.members.length > 0) return gathered.memberName;
    return this.identity.emptyGroup({ objectClass: this.objectClass, objectClasses: gathered.objectClasses });
  }
}
