// Fills a domain that nobody runs yet with people, as fast as Samba takes them.
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DOMAIN, ldifEntry } from '../test/support/samba-seed.ts';
import { sambaConfiguration } from '../test/support/samba-template.ts';
import { DEPARTMENTS, GIVEN_NAMES, SURNAMES, TITLES } from './directory-people.ts';

/** People that one transaction adds: Samba takes 4,000 in one a dozen times as long as in eight. */
const BATCH = 500;
const PEOPLE = `OU=Bench,${DOMAIN}`;

export const benchPersonDn = (number: number) => `CN=Bench ${number},${PEOPLE}`;

/** @param directory the domain's folder */
export async function fillDomain(directory: string, people: number): Promise<void> {
  const file = join(directory, 'people.ldif');
  const unit = ldifEntry([PEOPLE, { objectClass: 'organizationalUnit' }]);
  for (let at = 0; at < people; at += BATCH) {
    const entries = Array.from({ length: Math.min(BATCH, people - at) }, (_, index) => person(at + index));
    await writeFile(file, (at === 0 ? unit : '') + entries.join(''));
    await promisify(execFile)(
      'ldbadd',
      ['-H', join(directory, 'private', 'sam.ldb'), `--configfile=${sambaConfiguration(directory)}`, file],
      { maxBuffer: 2 ** 28 },
    );
  }
  await rm(file, { force: true });
}

function person(number: number): string {
  const of = (list: readonly string[], step: number) => list[(number * step) % list.length] as string;
  return ldifEntry([
    benchPersonDn(number),
    {
      objectClass: 'user',
      sAMAccountName: `bench${number}`,
      userPrincipalName: `bench${number}@example.test`,
      userAccountControl: 512,
      givenName: of(GIVEN_NAMES, 7),
      sn: of(SURNAMES, 11),
      mail: `bench${number}@example.test`,
      department: of(DEPARTMENTS, 3),
      title: of(TITLES, 5),
      employeeNumber: `${100_000 + number}`,
      telephoneNumber: `+49 30 ${5_000_000 + number}`,
    },
  ]);
}
