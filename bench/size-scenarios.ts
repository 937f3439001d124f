// The requests whose p99 must not grow with the directory, and what each stands for.

import { PAGE_SIZE } from './api-scenarios.ts';
import { GROUP } from './load-group.ts';

/** One side of the comparison: an API on a directory of one size. */
export interface SizedApi {
  users: number;
  baseUrl: string;
  headers: Record<string, string>;
}

export interface SizeScenario {
  name: string;
  path: (api: SizedApi) => Promise<string>;
  /** Compared only where it finds no more than this at either size. */
  most?: number;
}

const at = (path: string) => async () => path;
/** What the demand on searches is about. */
const MOST_FOUND = 1_000;

export const SIZE_SCENARIOS: SizeScenario[] = [
  { name: 'first page', path: at('/api/users') },
  { name: 'department=Engineering', path: at('/api/users?department=Engineering') },
  { name: 'status=active', path: at('/api/users?status=active') },
  ...['u0001234', 'u00012', 'fischer.12', 'daniel.fischer.1'].map((term) => ({
    name: `search=${term}`,
    path: at(`/api/users?search=${term}`),
    most: MOST_FOUND,
  })),
  { name: 'last page by cursor', path: lastPage },
  { name: 'members of 50,000', path: at(`/api/groups/${GROUP}/members`) },
];

/** The page before the last one links to it. */
async function lastPage(api: SizedApi): Promise<string> {
  const page = Math.ceil(api.users / PAGE_SIZE) - 1;
  const response = await fetch(`${api.baseUrl}/api/users?page=${page}`, { headers: api.headers });
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  if (next === undefined) throw new Error(`page ${page} of ${api.users} users links to no next page`);
  return next;
}

/** How many rows a list has in all. @throws Error when the request is refused. */
export async function totalOf(api: SizedApi, path: string): Promise<number> {
  const response = await fetch(`${api.baseUrl}${path}`, { headers: api.headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
  return (JSON.parse(text) as { totalCount: number }).totalCount;
}
