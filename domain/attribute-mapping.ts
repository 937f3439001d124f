// Maps a source entry's attributes onto the API's fields, and checks a project's own mappings.
import { DEFAULT_MAPPINGS } from './default-mappings.ts';
import { type AttributeMapping, type FieldKind, OBJECT_FIELDS, type ObjectField } from './object-fields.ts';
import type { Attributes, SourceEntry } from './source-entry.ts';
import { parseGroupType, parseStatus, parseTime } from './source-values.ts';

/** A field's value: text, an ISO time, a status; for a reference the raw value and the attribute it came from. */
export type FieldValues = { [Field in ObjectField]?: string } & {
  managerAttribute?: string;
  ownerAttribute?: string;
};

export type MapEntry = (entry: SourceEntry) => FieldValues;

interface Claim {
  field: ObjectField;
  kind: FieldKind;
  /** Position in the field's list of attributes: the lowest that has a value wins. */
  rank: number;
}

const FIELDS = Object.keys(OBJECT_FIELDS) as ObjectField[];
const GROUP_TYPES = new Set(['group', 'groupofnames', 'groupofuniquenames', 'posixgroup']);

/**
 * Compiles the defaults and a project's own mappings into one function. A project's mapping of a field replaces
 * the default of that field for its class. Mappings are expected to have passed `checkMappings`.
 */
export function compileMapping(mappings: AttributeMapping[]): MapEntry {
  const byClass = new Map<string, (entry: SourceEntry) => FieldValues>();
  return (entry) => {
    let map = byClass.get(entry.objectClass);
    if (!map) {
      map = compileForClass(mappings, entry.objectClass);
      byClass.set(entry.objectClass, map);
    }
    return map(entry);
  };
}

function compileForClass(mappings: AttributeMapping[], objectClass: string): MapEntry {
  const claims = claimsByAttribute(mappings, objectClass);
  // Sources repeat a few dozen spellings of names; remembering them saves lower-casing each name of each entry.
  const spelled = new Map<string, Claim[] | undefined>();
  const claimsOf = (name: string): Claim[] | undefined => {
    if (spelled.has(name)) return spelled.get(name);
    const found = claims.get(name.toLowerCase());
    if (spelled.size < 10_000) spelled.set(name, found);
    return found;
  };
  return (entry) => {
    const fields: FieldValues = {};
    const ranks: Partial<Record<ObjectField, number>> = {};
    take(entry.attributes, fields, ranks, claimsOf);
    take(entry.sideAttributes, fields, ranks, claimsOf);
    if (fields.groupType === undefined && entry.memberAttribute !== null) {
      const type = groupTypeOf(entry.attributes);
      if (type) fields.groupType = type;
    }
    return fields;
  };
}

function claimsByAttribute(mappings: AttributeMapping[], objectClass: string): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const field of FIELDS) {
    const own =
      mappings.find((mapping) => mapping.target === field && mapping.objectClass === objectClass) ??
      mappings.find((mapping) => mapping.target === field && mapping.objectClass === undefined);
    const names = own ? [own.source].flat() : DEFAULT_MAPPINGS[field];
    names.forEach((name, rank) => {
      const claim: Claim = { field, kind: OBJECT_FIELDS[field].kind, rank };
      claims.set(name.toLowerCase(), [...(claims.get(name.toLowerCase()) ?? []), claim]);
    });
  }
  return claims;
}

function take(
  attributes: Attributes,
  fields: FieldValues,
  ranks: Partial<Record<ObjectField, number>>,
  claimsOf: (name: string) => Claim[] | undefined,
): void {
  for (const name in attributes) {
    const claims = claimsOf(name);
    if (!claims) continue;
    const values = attributes[name];
    if (!Array.isArray(values)) continue;
    for (const claim of claims) {
      if ((ranks[claim.field] ?? Number.POSITIVE_INFINITY) <= claim.rank) continue;
      const value = firstUsable(values, claim.kind, name);
      if (value === null) continue;
      fields[claim.field] = value;
      ranks[claim.field] = claim.rank;
      if (claim.field === 'managerId') fields.managerAttribute = name;
      if (claim.field === 'ownerId') fields.ownerAttribute = name;
    }
  }
}

function firstUsable(values: string[], kind: FieldKind, attribute: string): string | null {
  for (const value of values) {
    const usable =
      kind === 'time'
        ? parseTime(value, attribute)
        : kind === 'status'
          ? parseStatus(value, attribute)
          : kind === 'groupType'
            ? parseGroupType(value, attribute)
            : value.trim();
    if (usable) return usable;
  }
  return null;
}

function groupTypeOf(attributes: Attributes): string | undefined {
  const classes = attributes.objectClass;
  return Array.isArray(classes) ? classes.find((name) => GROUP_TYPES.has(name.toLowerCase())) : undefined;
}
