// The API fields that source attributes are mapped onto: their names, their kinds and the classes that have them.

/** The classes we know; a source may bring others, they are kept as they are named. */
export const OBJECT_CLASSES = ['user', 'group', 'computer', 'contact', 'organizationalUnit'] as const;

/** How a field's value is read from its attribute. */
export type FieldKind = 'text' | 'time' | 'status' | 'groupType' | 'reference';

/** Every field a mapping may fill. */
export const OBJECT_FIELDS = {
  accountName: { kind: 'text' },
  userPrincipalName: { kind: 'text' },
  displayName: { kind: 'text' },
  givenName: { kind: 'text' },
  surname: { kind: 'text' },
  email: { kind: 'text' },
  employeeId: { kind: 'text' },
  department: { kind: 'text' },
  title: { kind: 'text' },
  company: { kind: 'text' },
  phone: { kind: 'text' },
  description: { kind: 'text' },
  groupType: { kind: 'groupType' },
  status: { kind: 'status' },
  passwordLastSetAt: { kind: 'time' },
  accountExpiresAt: { kind: 'time' },
  sourceCreatedAt: { kind: 'time' },
  lastLogonAt: { kind: 'time' },
  sourceChangedAt: { kind: 'time' },
  managerId: { kind: 'reference' },
  ownerId: { kind: 'reference' },
} as const satisfies Record<string, { kind: FieldKind }>;

export type ObjectField = keyof typeof OBJECT_FIELDS;

/**
 * One rule of a project's attribute mapping: `target` is filled with the first value of the first of `source`
 * that the entry has. Without `objectClass` it holds for every class.
 */
export interface AttributeMapping {
  target: string;
  source: string | string[];
  objectClass?: string;
}
