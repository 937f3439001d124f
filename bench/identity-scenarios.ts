// The requests that the benchmark of identities times, and the statements that they come to.
import { IDENTITY_FIELDS } from '../api/sailpoint/identities.ts';
import type { CollectionRequest } from '../database/queries/filters/read-collection.ts';
import { checkFilter } from '../domain/filters/filter-fields.ts';
import { parseFilter } from '../domain/filters/parse-filter.ts';
import { parseSorters } from '../domain/filters/sorters.ts';
import { identityEmail, identityId } from './load-identities.ts';

export interface IdentityScenario {
  name: string;
  /** Of the API; the bare server answers the same path. */
  path: string;
  /** What the API's route makes of the path. */
  request: CollectionRequest;
}

const LIMIT = 250;
/** Ids in one filter. */
const IDS = 50;

/** The first is the plain page that the others are compared with. */
export function identityScenarios(identities: number): IdentityScenario[] {
  const ids = Array.from({ length: IDS }, (_, n) => identityId(1 + Math.floor((n * identities) / IDS)));
  // The last whole page of those who are correlated: 49 of 50.
  const offset = Math.max(0, Math.floor(identities * 0.98) - LIMIT);
  return [
    scenario('first page', {}),
    scenario('name sw "a", by name', { filters: 'name sw "a"', sorters: 'name' }),
    scenario('email eq', { filters: `email eq "${identityEmail(1)}"` }),
    scenario('id in 50', { filters: `id in (${ids.map((id) => `"${id}"`).join(',')})` }),
    scenario(`offset ${offset}`, { offset: String(offset) }),
    scenario('count=true', { count: 'true' }),
  ];
}

type Parameters = Partial<Record<'filters' | 'sorters' | 'offset' | 'count', string>>;

function scenario(name: string, { filters, sorters, offset, count }: Parameters): IdentityScenario {
  const given = Object.entries({ filters, sorters, offset, count }).filter(
    ([, value]) => value !== undefined,
  );
  const query = new URLSearchParams(given as [string, string][]).toString();
  return {
    name,
    path: `/beta/identities${query === '' ? '' : `?${query}`}`,
    request: {
      filter: filters === undefined ? null : checkFilter(parseFilter(filters), IDENTITY_FIELDS),
      sorters: sorters === undefined ? [] : parseSorters(sorters, ['name']),
      limit: LIMIT,
      offset: Number(offset ?? 0),
      withTotal: count === 'true',
    },
  };
}
