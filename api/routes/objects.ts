// Objects of all classes, their attributes and changes.
import { initServer } from '@ts-rest/express';
import { contract } from '../../contracts/index.ts';
import { objectSchema } from '../../contracts/objects.ts';
import { getObject } from '../../database/queries/get-object.ts';
import { listObjects } from '../../database/queries/list-objects.ts';
import { tagged } from '../http/entity-tag.ts';
import { attributesAnswer, changesAnswer } from './object-parts.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function objectsRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const existing = async (id: string) => orNotFound(await getObject(pool, id), 'Object', id);
  return initServer().router(contract.objects, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: objectSchema,
        fileName: 'objects',
        read: (page) => listObjects(pool, input.query, page),
      }),
    get: async ({ params, res }) => ({ status: 200, body: tagged(res, await existing(params.id)) }),
    attributes: (input) => attributesAnswer(deps, input, 'Object', null),
    changes: async (input) => changesAnswer(deps, input, await existing(input.params.id)),
  });
}
