// Finds the person that a request names, or says what became of it.
import { AppError } from '../../../domain/app-error.ts';
import type { Queryable } from '../../sql.ts';
import { formerPerson } from './former-person.ts';
import { getPerson, type VersionedPerson } from './list-persons.ts';

/** @throws AppError `not_found`, naming the person that took this one over. */
export async function existingPerson(on: Queryable, id: string): Promise<VersionedPerson> {
  const person = await getPerson(on, id);
  if (person) return person;
  throw new AppError('not_found', `Person with ID '${id}' was not found${await became(on, id)}`);
}

/** As `existingPerson`, for a person that a body names. @throws AppError `invalid_request`. */
export async function givenPerson(on: Queryable, id: string): Promise<VersionedPerson> {
  const person = await getPerson(on, id);
  if (person) return person;
  const message = `there is no person with this ID${await became(on, id)}`;
  throw new AppError('invalid_request', `body.personId: ${message}`, {
    details: [{ path: 'body.personId', message }],
  });
}

async function became(on: Queryable, id: string): Promise<string> {
  const former = await formerPerson(on, id);
  if (!former) return '';
  return former.mergedInto
    ? `: it was merged into the person with ID '${former.mergedInto}'`
    : ': no account of it is left';
}
