// Persons, their accounts and what became of them.
import { initServer } from '@ts-rest/express';
import type { Pool } from 'pg';
import { contract } from '../../contracts/index.ts';
import { linkEventSchema, personObjectSchema, personSchema } from '../../contracts/persons.ts';
import { formerPerson } from '../../database/queries/persons/former-person.ts';
import { getPerson, listPersons, type PersonRow } from '../../database/queries/persons/list-persons.ts';
import { listPersonHistory, listPersonObjects } from '../../database/queries/persons/person-objects.ts';
import { AppError } from '../../domain/app-error.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

/** @throws AppError `not_found`, naming the person that took this one over. */
export async function existingPerson(pool: Pool, id: string): Promise<PersonRow> {
  const person = await getPerson(pool, id);
  if (person) return person;
  const former = orNotFound(await formerPerson(pool, id), 'Person', id);
  const what = former.mergedInto
    ? `it was merged into the person with ID '${former.mergedInto}'`
    : 'no account of it is left';
  throw new AppError('not_found', `Person with ID '${id}' was not found: ${what}`);
}

export function personsRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  return initServer().router(contract.persons, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'displayName',
        rowSchema: personSchema,
        fileName: 'persons',
        read: (page) => listPersons(pool, input.query, page),
      }),
    get: async ({ params }) => ({ status: 200, body: { data: await existingPerson(pool, params.id) } }),
    objects: async (input) => {
      const { id } = await existingPerson(pool, input.params.id);
      return deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: personObjectSchema,
        fileName: 'person-objects',
        read: (page) => listPersonObjects(pool, id, input.query, page),
      });
    },
    history: async (input) => {
      const { id } = input.params;
      orNotFound(await formerPerson(pool, id), 'Person', id);
      return deps.respondWithList(input, {
        defaultSort: '-at',
        rowSchema: linkEventSchema,
        fileName: 'person-history',
        read: (page) => listPersonHistory(pool, id, page),
      });
    },
  });
}
