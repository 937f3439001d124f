// Groups and their members.
import { initServer } from '@ts-rest/express';
import { groupSchema, memberSchema } from '../../contracts/groups.ts';
import { contract } from '../../contracts/index.ts';
import { getGroup } from '../../database/queries/get-object.ts';
import { listGroups } from '../../database/queries/list-groups.ts';
import { listGroupMembers } from '../../database/queries/list-memberships.ts';
import { tagged } from '../http/entity-tag.ts';
import { membershipQuestion } from './membership-question.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function groupsRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const existing = async (id: string) => orNotFound(await getGroup(pool, id), 'Group', id);
  return initServer().router(contract.groups, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: groupSchema,
        fileName: 'groups',
        read: (page) => listGroups(pool, input.query, page),
      }),
    get: async ({ params, res }) => ({ status: 200, body: tagged(res, await existing(params.id)) }),
    members: async (input) => {
      const { query, params } = input;
      const question = await membershipQuestion(deps, await existing(params.id), query);
      return deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: memberSchema,
        fileName: 'group-members',
        read: (page) => listGroupMembers(pool, params.id, question, page),
      });
    },
  });
}
