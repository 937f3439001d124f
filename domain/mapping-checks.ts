// Refuses mappings that name an unknown field or could never fill it, when the project is saved.
import type { ErrorDetail } from './app-error.ts';
import { type AttributeMapping, OBJECT_FIELDS, type ObjectField } from './object-fields.ts';
import { secretAttributes } from './secret-attributes.ts';

const isSecretAttribute = secretAttributes();
const MEMBER_ATTRIBUTES = new Set(['member', 'uniquemember', 'memberuid', 'memberof']);
/** Fields that only some classes have. */
const CLASSES_OF_FIELD: Partial<Record<ObjectField, readonly string[]>> = {
  managerId: ['user', 'contact'],
  groupType: ['group'],
  ownerId: ['group', 'computer'],
};

/**
 * What is wrong with `mappings` for a project that reads `objectClasses`; empty when all can work.
 * Paths are relative to the body: `body.attributeMappings[2].target`.
 */
export function checkMappings(mappings: AttributeMapping[], objectClasses: string[]): ErrorDetail[] {
  const seen = new Map<string, number>();
  return mappings.flatMap((mapping, index) => {
    const path = `body.attributeMappings[${index}]`;
    const key = `${mapping.target} ${mapping.objectClass ?? ''}`;
    const earlier = seen.get(key);
    seen.set(key, index);
    const details = [...checkTarget(mapping, objectClasses, path), ...checkSources(mapping, path)];
    if (earlier !== undefined)
      details.push({
        path: `${path}.target`,
        message: `'${mapping.target}' is mapped already by attributeMappings[${earlier}]; list all its sources there, in order of preference`,
      });
    return details;
  });
}

function checkTarget(mapping: AttributeMapping, objectClasses: string[], path: string): ErrorDetail[] {
  const { target, objectClass } = mapping;
  if (!Object.hasOwn(OBJECT_FIELDS, target))
    return [
      {
        path: `${path}.target`,
        message: `'${target}' is no field that can be mapped; these are: ${Object.keys(OBJECT_FIELDS).join(', ')}`,
      },
    ];
  if (objectClass !== undefined && !objectClasses.includes(objectClass))
    return [
      {
        path: `${path}.objectClass`,
        message: `this project does not read '${objectClass}'; its scopes have: ${objectClasses.join(', ')}`,
      },
    ];
  const classes = CLASSES_OF_FIELD[target as ObjectField];
  const concerned = objectClass === undefined ? objectClasses : [objectClass];
  if (classes && !concerned.some((name) => classes.includes(name)))
    return [
      {
        path: `${path}.target`,
        message: `'${target}' belongs to ${classes.join(' and ')}, and this mapping is for ${concerned.join(', ')}`,
      },
    ];
  return [];
}

function checkSources(mapping: AttributeMapping, path: string): ErrorDetail[] {
  const sources = [mapping.source].flat();
  if (sources.length === 0)
    return [{ path: `${path}.source`, message: 'at least one source attribute is needed' }];
  return sources.flatMap((source) => {
    const at = `${path}.source`;
    if (source.trim() === '') return [{ path: at, message: 'a source attribute has a name' }];
    if (isSecretAttribute(source))
      return [{ path: at, message: `'${source}' holds a password or key: it is never read` }];
    if (MEMBER_ATTRIBUTES.has(source.toLowerCase()))
      return [
        { path: at, message: `'${source}' holds memberships: they are served as such and fill no field` },
      ];
    return [];
  });
}
