// The CSV connector reads files of the import folder and no others.
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { csvFolder } from '../support/csv-folder.ts';

const registry = createConnectorRegistry();

const csv = csvFolder();

describe('the CSV connector stays in the import folder', () => {
  beforeAll(async () => {
    await writeFile(join(csv.root, 'outside.csv'), 'id\nsecret-outside\n');
    await mkdir(join(csv.root, 'import-other'));
    await writeFile(join(csv.root, 'import-other', 'near.csv'), 'id\nsecret-outside\n');
    await mkdir(join(csv.folder, 'sub'));
    await writeFile(join(csv.folder, 'sub', 'inside.csv'), 'id\n1\n');
    await symlink(join(csv.root, 'outside.csv'), join(csv.folder, 'link.csv'));
    await symlink('../import-other', join(csv.folder, 'near'));
    await symlink('sub/inside.csv', join(csv.folder, 'good-link.csv'));
    await symlink('circle.csv', join(csv.folder, 'circle.csv'));
    await promisify(execFile)('mkfifo', [join(csv.folder, 'pipe.csv')]);
  });

  it.each(['sub/inside.csv', 'good-link.csv', './sub/inside.csv'])('and reads %s', async (file) => {
    expect((await csv.readAll(csv.open({ file }))).entries).toHaveLength(1);
  });

  it.each([
    '../outside.csv',
    'sub/../../outside.csv',
    '/etc/passwd',
    'C:\\x.csv',
    '..\\outside.csv',
    'a\0b',
    'sub/',
  ])('and does not accept %j as a setting', (file) => {
    expect(registry.definition('csv').configSchema.safeParse({ file, keyColumn: 'id' }).success).toBe(false);
  });

  it.each([
    ['link.csv', 'file_not_allowed'],
    ['near/near.csv', 'file_not_allowed'],
    ['circle.csv', 'file_not_allowed'],
    ['sub', 'file_not_allowed'],
    ['pipe.csv', 'file_not_allowed'],
    ['absent.csv', 'file_not_found'],
    ['sub/inside.csv/x', 'file_not_found'],
  ])('and refuses %s', async (file, code) => {
    const connector = csv.open({ file });
    await expect(connector.connect(csv.signal)).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining(csv.root),
    });
    const test = await connector.test(csv.signal);
    expect(test.checks).toEqual([expect.objectContaining({ name: 'resolve', ok: false })]);
    expect(JSON.stringify(test)).not.toContain('secret-outside');
  });

  it('refuses a membership file outside as well', async () => {
    await csv.write('people.csv', 'id,kind\ng,group\n');
    await expect(
      csv.readAll(csv.open({ classColumn: 'kind', membershipFile: 'link.csv' })),
    ).rejects.toMatchObject({
      code: 'file_not_allowed',
    });
  });
});
