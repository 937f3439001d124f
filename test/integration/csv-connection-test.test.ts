// The test of a CSV connection: its checks, and what they find.
import { describe, expect, it } from '@jest/globals';
import { csvFolder } from '../support/csv-folder.ts';

const csv = csvFolder();

describe('the test of a CSV connection', () => {
  it('runs all six checks', async () => {
    await csv.write('people.csv', 'id,name\n1,a\n2\n');
    const test = await csv.open({}).test(csv.signal);
    expect(test.ok).toBe(true);
    expect(test.checks.map(({ name }) => name)).toEqual([
      'resolve',
      'connect',
      'tls',
      'bind',
      'base',
      'read',
    ]);
    expect(test.checks[2]?.message).toBe('Not used by CSV.');
    expect(test.checks[5]?.message).toMatch(/2 columns.*first 2 rows.*1 of them/);
  });

  it('finds a header that does not fit', async () => {
    await csv.write('people.csv', 'key\n1\n');
    expect((await csv.open({}).test(csv.signal)).checks.at(-1)).toMatchObject({
      name: 'read',
      ok: false,
      message: expect.stringContaining("'id'"),
    });
  });

  it('finds a membership file that does not fit', async () => {
    await csv.write('people.csv', 'id,kind\n1,user\n');
    await csv.write('members.csv', 'gruppe,member\n');
    const test = await csv.open({ classColumn: 'kind', membershipFile: 'members.csv' }).test(csv.signal);
    expect(test.checks.at(-1)).toMatchObject({
      name: 'read',
      ok: false,
      message: expect.stringContaining("'group'"),
    });
  });
});
