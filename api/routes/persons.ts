// Persons, their accounts, what became of them, and what people decide about them.
import { initServer } from '@ts-rest/express';
import type { Request, Response } from 'express';
import { contract } from '../../contracts/index.ts';
import { personEventSchema, personObjectSchema, personSchema } from '../../contracts/persons.ts';
import {
  linkAccount,
  mergePersons,
  splitPerson,
  unlinkAccount,
} from '../../database/queries/persons/decisions.ts';
import { existingPerson } from '../../database/queries/persons/existing-person.ts';
import { formerPerson } from '../../database/queries/persons/former-person.ts';
import { setLifecycleState } from '../../database/queries/persons/lifecycle-state.ts';
import { listPersons, type VersionedPerson } from '../../database/queries/persons/list-persons.ts';
import {
  getPersonObject,
  listPersonHistory,
  listPersonObjects,
} from '../../database/queries/persons/person-objects.ts';
import { decide } from '../decide.ts';
import { requireMatch, sendTag } from '../http/entity-tag.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function personsRoutes(deps: RouteDeps) {
  return initServer().router(contract.persons, {
    ...reads(deps),
    update: changes(deps),
    ...decisions(deps),
  });
}

function shown({ version: _version, ...person }: VersionedPerson) {
  return person;
}

function answerWith(person: VersionedPerson, response: Response) {
  sendTag(response, person.version);
  return { status: 200 as const, body: { data: shown(person) } };
}

function reads(deps: RouteDeps) {
  const { pool } = deps.database;
  const { list, get, objects, history } = contract.persons;
  return initServer().router(
    { list, get, objects, history },
    {
      list: (input) =>
        deps.respondWithList(input, {
          defaultSort: 'displayName',
          rowSchema: personSchema,
          fileName: 'persons',
          read: (page) => listPersons(pool, input.query, page),
        }),
      get: async ({ params, res }) => answerWith(await existingPerson(pool, params.id), res),
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
          rowSchema: personEventSchema,
          fileName: 'person-history',
          read: (page) => listPersonHistory(pool, id, page),
        });
      },
    },
  );
}

function changes(deps: RouteDeps) {
  return initServer().route(contract.persons.update, async ({ req, res, params, body }) => {
    const request = req as unknown as Request;
    const { id } = params;
    await decide(deps, request, async (client, by) => {
      requireMatch(request, (await existingPerson(client, id)).version);
      if (body.lifecycleState !== undefined)
        await setLifecycleState(client, id, { state: body.lifecycleState, by });
    });
    return answerWith(await existingPerson(deps.database.pool, id), res);
  });
}

function decisions(deps: RouteDeps) {
  const { pool } = deps.database;
  const { link, unlink, merge, split } = contract.persons;
  return initServer().router(
    { link, unlink, merge, split },
    {
      link: async ({ req, params, body }) => {
        const { objectId } = body;
        await decide(deps, req as unknown as Request, (client, by) =>
          linkAccount(client, params.id, { objectId, by }),
        );
        const linked = await getPersonObject(pool, params.id, objectId);
        return { status: 200, body: { data: orNotFound(linked, 'Account', objectId) } };
      },
      unlink: async ({ req, params }) => {
        const request = req as unknown as Request;
        const own = await decide(deps, request, async (client, by) => {
          requireMatch(request, (await existingPerson(client, params.id)).version);
          return unlinkAccount(client, params.id, { objectId: params.objectId, by });
        });
        return { status: 200, body: { data: shown(await existingPerson(pool, own)) } };
      },
      merge: async ({ req, params, body }) => {
        await decide(deps, req as unknown as Request, (client, by) =>
          mergePersons(client, params.id, { otherId: body.personId, by }),
        );
        return { status: 200, body: { data: shown(await existingPerson(pool, params.id)) } };
      },
      split: async ({ req, res, params, body }) => {
        const own = await decide(deps, req as unknown as Request, (client, by) =>
          splitPerson(client, params.id, { objectIds: body.objectIds, by }),
        );
        res.setHeader('Location', `/api/persons/${own}`);
        return { status: 201, body: { data: shown(await existingPerson(pool, own)) } };
      },
    },
  );
}
