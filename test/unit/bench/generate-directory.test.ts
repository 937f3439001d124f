// The generated directory: the same every time, its counts true, its group sizes skewed, its references whole.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type DirectoryOptions,
  directoryEntries,
  type GeneratedDirectory,
  generateDirectory,
  groupSizes,
} from '../../../bench/generate-directory.ts';
import { type LdifEntry, readLdif } from '../../../bench/ldif.ts';

function generate(options: DirectoryOptions): { ldif: string; result: GeneratedDirectory } {
  const generator = directoryEntries(options);
  let ldif = '';
  for (;;) {
    const next = generator.next();
    if (next.done) return { ldif, result: next.value };
    ldif += next.value;
  }
}

describe('the generated directory', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'generate-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function entries(options: DirectoryOptions): Promise<[LdifEntry[], GeneratedDirectory]> {
    const file = join(folder, 'directory.ldif');
    const result = await generateDirectory(file, options);
    const read: LdifEntry[] = [];
    for await (const entry of readLdif(file)) read.push(entry);
    return [read, result];
  }

  it('is the same for the same seed and another for another', () => {
    const first = generate({ users: 200, seed: 7, awkward: true });
    expect(generate({ users: 200, seed: 7, awkward: true }).ldif).toBe(first.ldif);
    expect(generate({ users: 200, seed: 8, awkward: true }).ldif).not.toBe(first.ldif);
  });

  it('counts what it wrote', async () => {
    const [read, result] = await entries({ users: 800 });
    const ofClass = (name: string) => read.filter((entry) => entry.attributes.objectClass?.includes(name));
    const members = ofClass('groupOfNames').flatMap((group) => group.attributes.member ?? []);
    expect(result).toMatchObject({ users: 800, groups: 20, objects: 820 });
    expect(ofClass('inetOrgPerson')).toHaveLength(result.users);
    expect(ofClass('groupOfNames')).toHaveLength(result.groups);
    expect(members).toHaveLength(result.memberships);
    expect(ofClass('inetOrgPerson').filter((user) => user.attributes.manager)).toHaveLength(result.managers);
  });

  it('names only members, owners and managers that exist, none twice in a group, and nests groups', async () => {
    const [read] = await entries({ users: 2_000, awkward: true });
    const known = new Set(read.map((entry) => entry.dn));
    expect(known.size).toBe(read.length);
    for (const { attributes } of read)
      for (const name of ['member', 'owner', 'manager'])
        for (const dn of attributes[name] ?? []) expect(known).toContain(dn);
    const groups = read.filter((entry) => entry.attributes.member);
    for (const { attributes } of groups)
      expect(new Set(attributes.member).size).toBe(attributes.member?.length);
    expect(groups.some(({ attributes }) => attributes.member?.some((dn) => dn.startsWith('cn=group')))).toBe(
      true,
    );
  });

  it('skews group sizes: about five memberships a user, the largest a fifth of all, half of them small', () => {
    const sizes = groupSizes(100_000).sort((a, b) => b - a);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(sizes).toHaveLength(2_500);
    expect(total / 100_000).toBeCloseTo(5, 1);
    expect(sizes[0]).toBe(20_000);
    expect(sizes[1_250]).toBeLessThan(total / 2_500 / 3);
    expect(sizes.at(-1)).toBeGreaterThan(0);
  });

  it('puts awkward characters into names and bytes that are no UTF-8 into photos, where asked', async () => {
    const [read] = await entries({ users: 500, awkward: true });
    const dns = read.map((entry) => entry.dn).join('\n');
    for (const part of [
      '\\,',
      '\\"',
      '\\+',
      '\\#',
      'cn=\\ Leading',
      '\\\\',
      '\\<',
      'Дмитрий',
      '山田',
      'محمد',
      '😀',
    ])
      expect(dns).toContain(part);
    expect(dns).toMatch(/^cn=.*\+uid=/m);
    const photos = read.flatMap((entry) => entry.attributes.jpegPhoto ?? []);
    expect(photos.length).toBeGreaterThan(100);
    for (const photo of photos) expect(photo).toMatch(/^\/9j/);
    const [plain] = await entries({ users: 500 });
    for (const { dn } of plain) expect(dn).toMatch(/^[a-zA-Z0-9=,-]+$/);
  });
});

describe('readLdif', () => {
  it('unfolds lines, decodes base64 and keeps what is no text in base64', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ldif-'));
    try {
      const file = join(folder, 'a.ldif');
      await writeFile(
        file,
        'dn:: Y249w6Q=\ncn: a lo\n ng name\nphoto:: /9j/\ncn: b\n\n# a comment\n\ndn: cn=z\n',
      );
      const read: LdifEntry[] = [];
      for await (const entry of readLdif(file)) read.push(entry);
      expect(read).toEqual([
        { dn: 'cn=ä', attributes: { cn: ['a long name', 'b'], photo: ['/9j/'] } },
        { dn: 'cn=z', attributes: {} },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
