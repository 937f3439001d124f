// Users, their groups, attributes and changes.
import { initServer } from '@ts-rest/express';
import { contract } from '../../contracts/index.ts';
import { userGroupSchema, userSchema } from '../../contracts/users.ts';
import { getUser } from '../../database/queries/get-object.ts';
import { listGroupsOf } from '../../database/queries/list-memberships.ts';
import { listUsers } from '../../database/queries/list-users.ts';
import { tagged } from '../http/entity-tag.ts';
import { membershipQuestion } from './membership-question.ts';
import { attributesAnswer, changesAnswer } from './object-parts.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function usersRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const existing = async (id: string) => orNotFound(await getUser(pool, id), 'User', id);
  return initServer().router(contract.users, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'displayName',
        rowSchema: userSchema,
        fileName: 'users',
        read: (page) => listUsers(pool, input.query, page),
      }),
    get: async ({ params, res }) => ({ status: 200, body: tagged(res, await existing(params.id)) }),
    groups: async (input) => {
      const { query, params } = input;
      const question = await membershipQuestion(deps, await existing(params.id), query);
      return deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: userGroupSchema,
        fileName: 'user-groups',
        read: (page) => listGroupsOf(pool, params.id, question, page),
      });
    },
    attributes: (input) => attributesAnswer(deps, input, 'User', 'user'),
    changes: async (input) => changesAnswer(deps, input, await existing(input.params.id)),
  });
}
