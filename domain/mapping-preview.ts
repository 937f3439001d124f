// Says of a sample of entries what a mapping leaves empty, so that it shows before anything is saved.
import { compileMapping, type FieldValues } from './attribute-mapping.ts';
import { DEFAULT_MAPPINGS } from './default-mappings.ts';
import { type AttributeMapping, OBJECT_FIELDS, type ObjectField } from './object-fields.ts';
import { attributeKey } from './secret-attributes.ts';
import type { SourceEntry } from './source-entry.ts';

/** What is amiss with a field of a class; without a field, with the class as a whole. */
export interface MappingWarning {
  objectClass: string;
  field: string | null;
  message: string;
}

const ALL_FIELDS = Object.keys(OBJECT_FIELDS) as ObjectField[];
const TIMES: ObjectField[] = ['sourceCreatedAt', 'sourceChangedAt'];
/** What the API shows of a class; of classes that are not here, what it shows of any object. */
const FIELDS_OF_CLASS: Record<string, ObjectField[]> = {
  user: ALL_FIELDS.filter((field) => !['description', 'groupType', 'ownerId'].includes(field)),
  group: ['displayName', 'description', 'email', 'groupType', 'ownerId', ...TIMES],
};
const FIELDS_OF_OBJECTS: ObjectField[] = ['displayName', 'accountName', 'email', 'description', ...TIMES];

function mappingOf(mappings: AttributeMapping[], field: string, objectClass: string) {
  const ofField = mappings.filter((mapping) => mapping.target === field);
  return (
    ofField.find((mapping) => mapping.objectClass === objectClass) ??
    ofField.find((mapping) => mapping.objectClass === undefined)
  );
}

/** The fields of a class that a preview shows: those that the API has, and what the project maps beside them. */
function fieldsOfClass(mappings: AttributeMapping[], objectClass: string): ObjectField[] {
  const usual = FIELDS_OF_CLASS[objectClass] ?? FIELDS_OF_OBJECTS;
  return ALL_FIELDS.filter(
    (field) =>
      usual.includes(field) ||
      mappings.some((mapping) => mapping.target === field && mapping.objectClass === objectClass),
  );
}

/** The fields of an entry as a run would fill them. */
export function previewFields(
  mappings: AttributeMapping[],
): (entry: SourceEntry) => Record<string, string | null> {
  const map = compileMapping(mappings);
  return (entry) => {
    const fields: FieldValues = map(entry);
    return Object.fromEntries(
      fieldsOfClass(mappings, entry.objectClass).map((field) => [field, fields[field] ?? null]),
    );
  };
}

/**
 * A warning for each field that no entry of the sample fills, and for each mapped attribute that none has.
 * @param entries of one class.
 */
export function mappingWarnings(
  mappings: AttributeMapping[],
  objectClass: string,
  entries: SourceEntry[],
): MappingWarning[] {
  if (entries.length === 0)
    return [{ objectClass, field: null, message: `The source has no entry of class '${objectClass}' here.` }];
  const occurring = new Set(
    entries
      .flatMap(({ attributes, sideAttributes }) => [attributes, sideAttributes])
      .flatMap((attributes) => Object.keys(attributes))
      .flatMap((name) => [name.toLowerCase(), attributeKey(name)]),
  );
  const mapped = entries.map(previewFields(mappings));
  return fieldsOfClass(mappings, objectClass).flatMap((field) => {
    const own = mappingOf(mappings, field, objectClass);
    const sources = own ? [own.source].flat() : [...DEFAULT_MAPPINGS[field]];
    const missing = sources.filter((name) => !occurring.has(name.toLowerCase()));
    const empty = mapped.every((fields) => fields[field] === null);
    const messages = own ? missing.map((name) => neverOccurs(name, entries.length)) : [];
    if (empty && (!own || missing.length < sources.length))
      messages.push(staysEmpty(field, sources, missing, entries.length));
    return messages.map((message) => ({ objectClass, field, message }));
  });
}

function neverOccurs(name: string, count: number): string {
  return `The attribute '${name}' occurs in none of the ${count} entries that were read.`;
}

function staysEmpty(field: ObjectField, sources: string[], missing: string[], count: number): string {
  const present = sources.filter((name) => !missing.includes(name));
  const listed = (names: string[]) => names.map((name) => `'${name}'`).join(', ');
  const reason =
    present.length > 0
      ? `no value of ${listed(present)} can be read as its ${OBJECT_FIELDS[field].kind}`
      : `none of the ${count} entries that were read has ${listed(sources)}`;
  const meaning =
    field === 'status'
      ? ' Every entry counts as active.'
      : field === 'displayName'
        ? ' Entries are shown by their account name, distinguished name or id.'
        : '';
  return `'${field}' stays empty: ${reason}.${meaning}`;
}
