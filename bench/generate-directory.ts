// Writes a directory of any size as LDIF, the same for the same options, in constant memory.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { DEPARTMENTS, type People, personDn, personEntry, siteEntries } from './directory-people.ts';
import { ldifLine } from './ldif.ts';
import { createRandom, distinctIntegers } from './random.ts';

export interface DirectoryOptions {
  users: number;
  /** Default 1. */
  seed?: number;
  /** Default `dc=example,dc=org`; its own entry is not written. */
  baseDn?: string;
  /** Commas, quotes, `+`, `#`, leading spaces and non-Latin letters in one DN of five, and binary photos. */
  awkward?: boolean;
}

/** What was generated, to compare a synchronised copy with. */
export interface GeneratedDirectory {
  users: number;
  groups: number;
  /** Users and groups. */
  objects: number;
  /** Member values of all groups, nested groups included. */
  memberships: number;
  managers: number;
  /** An ordinary account that may read everything but passwords. */
  readerDn: string;
  readerPassword: string;
}

const USERS_PER_GROUP = 40;
const MEMBERSHIPS_PER_USER = 5;
/** No group has more than this share of all users. */
const LARGEST_SHARE = 0.2;
/** One group in so many holds other groups too. */
const NESTING_SHARE = 10;
const CHUNK_CHARACTERS = 256 * 1024;
const READER_PASSWORD = 'reader-password';

/** Streams the directory to `file`. Users come before groups, and parents before children, as slapadd wants it. */
export async function generateDirectory(
  file: string,
  options: DirectoryOptions,
): Promise<GeneratedDirectory> {
  const output = createWriteStream(file);
  const generator = directoryEntries(options);
  let chunk = '';
  for (;;) {
    const next = generator.next();
    if (!next.done) chunk += next.value;
    if (next.done || chunk.length > CHUNK_CHARACTERS) {
      if (!output.write(chunk)) await once(output, 'drain');
      chunk = '';
    }
    if (next.done) {
      output.end();
      await finished(output);
      return next.value;
    }
  }
}

/** The directory as pieces of LDIF, one or more an entry. */
export function* directoryEntries(options: DirectoryOptions): Generator<string, GeneratedDirectory> {
  const baseDn = options.baseDn ?? 'dc=example,dc=org';
  const seed = options.seed ?? 1;
  const people: People = { count: options.users, baseDn, awkward: options.awkward ?? false, seed };
  const readerDn = `cn=reader,ou=services,${baseDn}`;
  yield* siteEntries(baseDn);
  yield `dn: ${readerDn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${READER_PASSWORD}\n\n`;
  for (let index = 0; index < people.count; index += 1) yield personEntry(people, index);
  const sizes = groupSizes(options.users);
  let memberships = 0;
  for (let index = 0; index < sizes.length; index += 1)
    memberships += yield* groupEntry(people, index, sizes, seed);
  return {
    users: options.users,
    groups: sizes.length,
    objects: options.users + sizes.length,
    memberships,
    managers: Math.max(0, options.users - 1),
    readerDn,
    readerPassword: READER_PASSWORD,
  };
}

/**
 * How many users each group has: after Zipf the k-th largest has a share of 1/k, at most a fifth of all users
 * and at least one, scaled so that a user is in five groups on average. Large and small ones are mixed.
 */
export function groupSizes(users: number): number[] {
  const groups = Math.max(1, Math.floor(users / USERS_PER_GROUP));
  const largest = Math.max(1, Math.floor(users * LARGEST_SHARE));
  const size = (rank: number, scale: number) => Math.min(largest, Math.max(1, Math.round(scale / rank)));
  const total = (scale: number) => {
    let sum = 0;
    for (let rank = 1; rank <= groups; rank += 1) sum += size(rank, scale);
    return sum;
  };
  let [low, high] = [0, users * MEMBERSHIPS_PER_USER];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (total(middle) < users * MEMBERSHIPS_PER_USER) low = middle;
    else high = middle;
  }
  const ranks = [...distinctIntegers(createRandom(groups), groups, groups)];
  return ranks.map((rank) => size(rank + 1, high));
}

function groupDn(baseDn: string, index: number): string {
  return `cn=group-${String(index).padStart(5, '0')},ou=groups,${baseDn}`;
}

function* groupEntry(
  people: People,
  index: number,
  sizes: number[],
  seed: number,
): Generator<string, number> {
  const random = createRandom(seed * 17 + index);
  const department = random.pick(DEPARTMENTS);
  yield [
    ldifLine('dn', groupDn(people.baseDn, index)),
    'objectClass: top\nobjectClass: groupOfNames\n',
    ldifLine('cn', `group-${String(index).padStart(5, '0')}`),
    ldifLine('description', `Access for ${department}`),
    ldifLine('owner', personDn(people, random.integer(people.count))),
  ].join('');
  let members = 0;
  for (const person of distinctIntegers(random, sizes[index] ?? 0, people.count)) {
    yield ldifLine('member', personDn(people, person));
    members += 1;
  }
  // Only later groups are nested, so that nesting has no circles.
  const later = sizes.length - index - 1;
  if (index % NESTING_SHARE === 0 && later > 0)
    for (const offset of distinctIntegers(random, 1 + random.integer(3), later)) {
      yield ldifLine('member', groupDn(people.baseDn, index + 1 + offset));
      members += 1;
    }
  yield '\n';
  return members;
}
