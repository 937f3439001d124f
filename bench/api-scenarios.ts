// The requests that the API benchmark times, and the lists that they stand for.
import type { ListRequest } from '../database/queries/list-rows.ts';
import type { UserFilter, UserSort } from '../database/queries/list-users.ts';

export interface Scenario {
  name: string;
  /** Of the API; the bare server answers the same path. */
  path: string;
  filter: UserFilter;
  page: number;
}

export const PAGE_SIZE = 50;

/** One scenario a way of asking; the last page wanted is capped for small directories. */
export function apiScenarios(users: number): Scenario[] {
  const page = Math.min(400, Math.max(1, Math.floor(users / PAGE_SIZE)));
  return [
    { name: 'first page', path: '/api/users', filter: {}, page: 1 },
    {
      name: 'search',
      path: '/api/users?search=daniel.fischer',
      filter: { search: 'daniel.fischer' },
      page: 1,
    },
    {
      name: 'department',
      path: '/api/users?department=Engineering',
      filter: { department: 'Engineering' },
      page: 1,
    },
    { name: `page ${page}`, path: `/api/users?page=${page}`, filter: {}, page },
  ];
}

/** What the API's route makes of the scenario's path. */
export function scenarioRequest(scenario: Scenario): ListRequest<UserSort> {
  return {
    sort: 'displayName',
    descending: false,
    sortGiven: false,
    limit: PAGE_SIZE,
    offset: (scenario.page - 1) * PAGE_SIZE,
    after: null,
    withTotal: true,
  };
}
