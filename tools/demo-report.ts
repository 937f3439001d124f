// Tells what the sample brought in, and how to look at it: addresses, a login, commands to paste.
import { parse } from 'csv-parse/sync';
import { bodyOf } from '../cli/api-client.ts';
import type { DemoClient } from './demo-client.ts';

interface Group {
  id: string;
  name: string;
  memberCount: number;
}

/** What is in the directory, by kind. */
export interface SampleCounts {
  users: number;
  groups: number;
  computers: number;
  memberships: number;
  managers: number;
  /** A group for the example commands: the one with most members. */
  largestGroup: Group | undefined;
}

/** Asks the API for the counts, in three requests. */
export async function countSample({ api, csv }: DemoClient): Promise<SampleCounts> {
  const users = parse(await csv('/api/users'), { columns: true, bom: true }) as { managerId: string }[];
  const groups = bodyOf(await api.groups.list({ query: { pageSize: '200' } }), 200);
  const query = { objectClass: 'computer', pageSize: '1' };
  const computers = bodyOf(await api.objects.list({ query }), 200);
  const bySize = groups.data.toSorted((one, other) => other.memberCount - one.memberCount);
  return {
    users: users.length,
    groups: groups.totalCount,
    computers: computers.totalCount,
    memberships: groups.data.reduce((sum, group) => sum + group.memberCount, 0),
    managers: new Set(users.map((user) => user.managerId).filter((id) => id !== '')).size,
    largestGroup: bySize[0],
  };
}

/** The counts as a table of two columns. */
export function formatCounts(counts: SampleCounts): string {
  const rows: [string, number][] = [
    ['Users', counts.users],
    ['Groups', counts.groups],
    ['Computers', counts.computers],
    ['Memberships', counts.memberships],
    ['Managers', counts.managers],
  ];
  return rows.map(([name, count]) => `  ${name.padEnd(12)}${String(count).padStart(6)}`).join('\n');
}

/** Three commands for a shell: the first keeps a token, the others use it. */
export function curlLines(
  apiUrl: string,
  login: { username: string; password: string },
  group: Group,
): string[] {
  const body = quoted(JSON.stringify(login));
  const bearer = '-H "Authorization: Bearer $TOKEN"';
  const list = '/api/users?department=Engineering&pageSize=5';
  const members = `/api/groups/${group.id}/members?pageSize=5`;
  return [
    `TOKEN=$(curl -s ${apiUrl}/api/auth/login -H 'Content-Type: application/json' -d ${body} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
    `curl -s '${apiUrl}${list}' ${bearer}`,
    `curl -s '${apiUrl}${members}' ${bearer}`,
  ];
}

/** In single quotes for a POSIX shell (IEEE Std 1003.1, Shell Command Language, 2.2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
