// The API fields that source attributes are mapped onto: their names, their kinds and the classes that have them.

export const OBJECT_CLASSES = ['user', 'group', 'computer', 'contact', 'organizationalUnit'] as const;

/** The class of an object as the API shows it; a source may bring others, they are kept as they are named. */
export type ObjectClass = (typeof OBJECT_CLASSES)[number] | (string & {});

/** How a field's value is read from its attribute. */
export type FieldKind = 'text' | 'time' | 'status' | 'reference';

/**
 * Every field a mapping may fill. `column` is its column in `directory_object` (references have none: they are
 * kept in `object_reference`). `side: true` marks what changes at every sign-in or write: it stands outside
 * the content hash and the history.
 */
export const OBJECT_FIELDS = {
  accountName: { kind: 'text', column: 'account_name' },
  userPrincipalName: { kind: 'text', column: 'user_principal_name' },
  displayName: { kind: 'text', column: 'display_name' },
  givenName: { kind: 'text', column: 'given_name' },
  surname: { kind: 'text', column: 'surname' },
  email: { kind: 'text', column: 'email' },
  employeeId: { kind: 'text', column: 'employee_id' },
  department: { kind: 'text', column: 'department' },
  title: { kind: 'text', column: 'title' },
  company: { kind: 'text', column: 'company' },
  phone: { kind: 'text', column: 'phone' },
  description: { kind: 'text', column: 'description' },
  groupType: { kind: 'text', column: 'group_type' },
  status: { kind: 'status', column: 'status' },
  passwordLastSetAt: { kind: 'time', column: 'password_last_set_at' },
  accountExpiresAt: { kind: 'time', column: 'account_expires_at' },
  sourceCreatedAt: { kind: 'time', column: 'source_created_at' },
  lastLogonAt: { kind: 'time', column: 'last_logon_at', side: true },
  sourceChangedAt: { kind: 'time', column: 'source_changed_at', side: true },
  managerId: { kind: 'reference' },
  ownerId: { kind: 'reference' },
} as const satisfies Record<string, { kind: FieldKind; column?: string; side?: boolean }>;

export type ObjectField = keyof typeof OBJECT_FIELDS;

/** The two relations kept in `object_reference`. */
export type ReferenceKind = 'manager' | 'owner';

/**
 * One rule of a project's attribute mapping: `target` is filled with the first value of the first of `source`
 * that the entry has. Without `objectClass` it holds for every class.
 */
export interface AttributeMapping {
  target: string;
  source: string | string[];
  objectClass?: string;
}
