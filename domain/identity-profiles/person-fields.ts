// Which identity attributes fill which field of a person.

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
