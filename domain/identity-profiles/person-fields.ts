// Which identity attributes fill which field of a person, and how long those may be that indexes hold.
import { LONGEST_INDEXED, overlong } from '../staged-entry.ts';

/** Column → names that profiles give such an attribute, the vendor's first; the first that is there is taken. */
export const PERSON_FIELDS = {
  display_name: ['displayName'],
  given_name: ['firstname', 'firstName', 'givenName'],
  surname: ['lastname', 'lastName', 'surname'],
  email: ['email', 'mail'],
  employee_id: ['employeeId', 'employeeNumber', 'identificationNumber'],
  department: ['department'],
  title: ['title', 'jobTitle'],
} as const satisfies Record<string, readonly string[]>;

const INDEXED: ReadonlySet<string> = new Set(
  [PERSON_FIELDS.display_name, PERSON_FIELDS.given_name, PERSON_FIELDS.surname, PERSON_FIELDS.email].flat(),
);

/** Why a value cannot be the identity attribute of that name; null for the usual one. */
export function refuseAttribute(name: string, value: string | null): string | null {
  if (value === null || !INDEXED.has(name) || !overlong(value)) return null;
  return `the value is longer than ${LONGEST_INDEXED} bytes, the most that ${name} may have`;
}
