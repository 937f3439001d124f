// Attributes and changes of an object: the same answers below /users and below /objects.
import { attributeSchema, changeSchema } from '../../contracts/objects.ts';
import { type ChangeFilter, listObjectChanges } from '../../database/queries/list-changes.ts';
import { readAttributes } from '../../database/queries/object-attributes.ts';
import type { ListInput } from '../http/list-response.ts';
import { pageOf } from '../http/page-of.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

type Input<Sort extends string> = ListInput<Sort> & { params: { id: string } };

export async function attributesAnswer(
  deps: RouteDeps,
  input: Input<'name'>,
  kind: string,
  objectClass: string | null,
) {
  const rows = orNotFound(
    await readAttributes(deps.database.pool, input.params.id, objectClass),
    kind,
    input.params.id,
  );
  return deps.respondWithList(input, {
    defaultSort: 'name',
    rowSchema: attributeSchema,
    fileName: 'attributes',
    read: async (page) => pageOf(rows, page),
  });
}

/** @param object whose changes are asked for. */
export function changesAnswer(
  deps: RouteDeps,
  input: ListInput<'at'> & { query: ChangeFilter },
  object: { id: string; connectionId: string },
) {
  return deps.respondWithList(input, {
    defaultSort: '-at',
    rowSchema: changeSchema,
    fileName: 'changes',
    read: (page) => listObjectChanges(deps.database.pool, object, input.query, page),
  });
}
