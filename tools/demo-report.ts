// Tells what the samples brought in: how many of what, by kind.
import { parse } from 'csv-parse/sync';
import { bodyOf } from '../cli/api-client.ts';
import { textList } from '../cli/text-table.ts';
import type { DemoClient } from './demo-client.ts';
import type { Demo } from './demo-sync.ts';

export interface Group {
  id: string;
  name: string;
  memberCount: number;
}

/** A person as a line of the list in CSV. */
export interface PersonLine {
  id: string;
  displayName: string;
  email: string;
  employeeId: string;
  identityProfileId: string;
  objectCount: string;
}

/** What there is, by kind. */
export interface SampleCounts {
  users: number;
  groups: number;
  computers: number;
  memberships: number;
  managers: number;
  employees: number;
  persons: PersonLine[];
  /** Of whom an attribute could not be computed. */
  failed: number;
  /** Accounts that wait for a decision. */
  cases: number;
  /** A group for the example commands: the one with most members. */
  largestGroup: Group | undefined;
}

/** Asks the API for the counts, in a few requests. */
export async function countSample(
  { api, csv, identities }: DemoClient,
  { hr, directory }: Demo,
): Promise<SampleCounts> {
  const { connectionId } = directory;
  const rows = async <Row>(path: string) => parse(await csv(path), { columns: true, bom: true }) as Row[];
  const users = await rows<{ connectionId: string; managerId: string }>('/api/users');
  const accounts = users.filter((user) => user.connectionId === connectionId);
  const groups = bodyOf(await api.groups.list({ query: { connectionId, pageSize: '200' } }), 200);
  const query = { connectionId, objectClass: 'computer', pageSize: '1' };
  const bySize = groups.data.toSorted((one, other) => other.memberCount - one.memberCount);
  return {
    users: accounts.length,
    groups: groups.totalCount,
    computers: bodyOf(await api.objects.list({ query }), 200).totalCount,
    memberships: groups.data.reduce((sum, group) => sum + group.memberCount, 0),
    managers: new Set(accounts.map((user) => user.managerId).filter((id) => id !== '')).size,
    employees: users.filter((user) => user.connectionId === hr.connectionId).length,
    persons: await rows<PersonLine>('/api/persons'),
    failed: (await identities('processingState eq "ERROR"')).length,
    cases: bodyOf(await api.correlation.cases({ query: { pageSize: '1' } }), 200).totalCount,
    largestGroup: bySize[0],
  };
}

/** The counts, a line each. */
export function formatCounts(counts: SampleCounts): string {
  const { persons } = counts;
  const employed = persons.filter((person) => person.identityProfileId !== '');
  const both = employed.filter((person) => Number(person.objectCount) > 1).length;
  const lines: [name: string, count: number, meaning: string][] = [
    ['Users', counts.users, 'in the directory'],
    ['Groups', counts.groups, ''],
    ['Computers', counts.computers, ''],
    ['Memberships', counts.memberships, ''],
    ['Managers', counts.managers, ''],
    ['Employees', counts.employees, 'in the HR file'],
    ['Persons', persons.length, 'whom all of these accounts belong to:'],
    ['  with both', both, 'an HR entry and an account in the directory'],
    ['  only in HR', employed.length - both, 'joiners, and those whose account waits as a case'],
    ['  not in HR', persons.length - employed.length, 'contractors and service accounts'],
    ['With errors', counts.failed, 'persons of whom an attribute could not be computed'],
    ['Open cases', counts.cases, 'accounts of which somebody has to say whose they are'],
  ];
  const rows = lines.map(([name, count, meaning]): [string, string] => [
    `  ${name}`,
    `${String(count).padStart(5)}  ${meaning}`.trimEnd(),
  ]);
  return textList(rows);
}
