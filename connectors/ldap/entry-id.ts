// Reads an entry's immutable id out of the values of its id attribute.
import type { AttributeTraits } from './attribute-catalog.ts';
import type { DecodedValues } from './values.ts';

const CLASSES_WITHOUT_MEMBERS = new Set(['user', 'computer', 'contact', 'organizationalUnit']);

/** Whether entries of a class can have members: then a member attribute's values are theirs and no attribute. */
export function classTakesMembers(objectClass: string): boolean {
  return !CLASSES_WITHOUT_MEMBERS.has(objectClass);
}

/** Whether an attribute is a better id than those of `idRank` and above. */
export function isBetterId(traits: AttributeTraits, idRank: number, takesMembers: boolean): boolean {
  return traits.idRank >= 0 && traits.idRank < idRank && !(takesMembers && traits.memberRank >= 0);
}

/** eDirectory's GUID and its like: sixteen bytes as a UUID; text as it is. Null for what cannot be an id. */
export function idText(values: DecodedValues | null): string | null {
  if (values === null) return null;
  if (Array.isArray(values)) return values.length === 1 && values[0] !== '' ? (values[0] as string) : null;
  const bytes = Buffer.from(values.binary[0] ?? '', 'base64');
  if (values.binary.length !== 1 || bytes.length !== 16) return null;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
