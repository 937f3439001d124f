// Connections as tests of the API create them: each with a name of its own, nothing behind the LDAP ones.
import { expect } from '@jest/globals';
import type { TestApi } from './api.ts';

export const BIND_PASSWORD = 'p4ss-that-stays-here';

let count = 0;

function nameOf(type: string): string {
  count += 1;
  return `${type} ${count}`;
}

export const ldap = (config: object = {}) => ({
  name: nameOf('ldap'),
  type: 'ldap',
  config: {
    url: 'ldap://127.0.0.1:1',
    bindDn: 'cn=reader,dc=x',
    bindPassword: BIND_PASSWORD,
    baseDns: ['dc=x'],
    ...config,
  },
});

export const csv = (config: object = {}) => ({
  name: nameOf('csv'),
  type: 'csv',
  config: { file: 'people.csv', keyColumn: 'id', ...config },
});

/** Creates it and answers with its id. */
export async function createConnection(api: TestApi, body: object): Promise<string> {
  const answer = await api.post('/api/connections', body);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body.data.id;
}
