// The people of a generated directory: who they are, where they stand in the tree, and whom they report to.
import { escapeDnValue, ldifLine } from './ldif.ts';
import { createRandom, type Random } from './random.ts';

export const GIVEN_NAMES = [
  ...[
    'Alice',
    'Bruno',
    'Chloe',
    'Daniel',
    'Elif',
    'Farid',
    'Greta',
    'Hugo',
    'Ines',
    'Jonas',
    'Keiko',
    'Liam',
  ],
  ...[
    'Maya',
    'Nadia',
    'Oscar',
    'Priya',
    'Quentin',
    'Rosa',
    'Samir',
    'Tessa',
    'Uma',
    'Victor',
    'Wanda',
    'Yusuf',
  ],
];
export const SURNAMES = [
  ...[
    'Adler',
    'Bianchi',
    'Carter',
    'Dubois',
    'Evans',
    'Fischer',
    'Garcia',
    'Haddad',
    'Ivanov',
    'Jensen',
    'Kowalski',
  ],
  ...[
    'Larsen',
    'Meyer',
    'Nakamura',
    'Okafor',
    'Patel',
    'Quinn',
    'Rossi',
    'Silva',
    'Tanaka',
    'Ueda',
    'Vargas',
  ],
  ...['Weber', 'Xu', 'Yilmaz', 'Zhang'],
];
const SITES = [
  ...['Amsterdam', 'Berlin', 'Chicago', 'Dublin', 'Hamburg', 'Lisbon', 'London', 'Madrid', 'Osaka', 'Oslo'],
  ...['Toronto', 'Vienna'],
];
export const DEPARTMENTS = [
  ...['Accounting', 'Compliance', 'Customer Care', 'Engineering', 'Facilities', 'Finance', 'Human Resources'],
  ...[
    'Information Security',
    'Legal',
    'Logistics',
    'Marketing',
    'Operations',
    'Procurement',
    'Quality',
    'Research',
  ],
  ...['Sales'],
];
export const TITLES = [
  'Analyst',
  'Assistant',
  'Consultant',
  'Coordinator',
  'Engineer',
  'Manager',
  'Specialist',
  'Technician',
];
const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja', 'pt'];

/** Names that have to be escaped in a distinguished name, or are not ASCII, or both. */
const AWKWARD_NAMES: readonly ((id: string) => string)[] = [
  (id) => `Lovelace, Ada ${id}`,
  (id) => `Grace "Amazing" Hopper ${id}`,
  (id) => `Research + Development ${id}`,
  (id) => `#${id} Sharp`,
  (id) => ` Leading Space ${id}`,
  (id) => `Back\\slash; <${id}> = "all, of + it"`,
  (id) => `Zoë Müller-Ångström ${id}`,
  (id) => `Дмитрий Иванов ${id}`,
  (id) => `山田 太郎 ${id}`,
  (id) => `محمد علي ${id}`,
  (id) => `Ελένη, Παπαδοπούλου #${id}`,
  (id) => `Astral 😀 ${id}`,
];

/** How many people report to one manager: person k reports to person floor((k - 1) / SPAN). */
const SPAN = 8;
/** One in so many people of an awkward directory has an awkward name. */
const AWKWARD_SHARE = 5;
// The fixed beginning of a JFIF file: servers check it before they take a photo.
const JPEG_START = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');

export interface People {
  count: number;
  baseDn: string;
  awkward: boolean;
  seed: number;
}

/** The organizational units that people stand in, as LDIF. */
export function* siteEntries(baseDn: string): Generator<string> {
  for (const name of ['people', 'groups', 'services'])
    yield `dn: ou=${name},${baseDn}\nobjectClass: organizationalUnit\nou: ${name}\n\n`;
  for (const site of SITES)
    yield `dn: ou=${site},ou=people,${baseDn}\nobjectClass: organizationalUnit\nou: ${site}\n\n`;
}

export const SITE_COUNT = SITES.length;

/** The base of the people of one site. */
export function baseDnOfSite(baseDn: string, site: number): string {
  return `ou=${SITES[site]},ou=people,${baseDn}`;
}

/** How many of `users` people stand in one site. */
export function peopleOfSite(users: number, site: number): number {
  return Math.ceil((users - site) / SITES.length);
}

/** The distinguished name of person `index`; needs no other person to be known. */
export function personDn(people: People, index: number): string {
  return `${personRdn(people, index)},${baseDnOfSite(people.baseDn, index % SITES.length)}`;
}

function personRdn(people: People, index: number): string {
  const awkward = awkwardName(people, index);
  if (awkward === undefined) return `uid=${accountName(index)}`;
  const name = `cn=${escapeDnValue(awkward)}`;
  return index % 10 === 0 ? `${name}+uid=${accountName(index)}` : name;
}

function accountName(index: number): string {
  return `u${String(index).padStart(7, '0')}`;
}

function awkwardName(people: People, index: number): string | undefined {
  if (!people.awkward || index % AWKWARD_SHARE !== 0) return undefined;
  const pattern = AWKWARD_NAMES[(index / AWKWARD_SHARE) % AWKWARD_NAMES.length];
  return pattern?.(String(index));
}

/** Person `index` as LDIF: an inetOrgPerson with what a personnel system usually fills. */
export function personEntry(people: People, index: number): string {
  const random = createRandom(people.seed * 31 + index);
  const given = random.pick(GIVEN_NAMES);
  const surname = random.pick(SURNAMES);
  const name = awkwardName(people, index) ?? `${given} ${surname}`;
  const account = accountName(index);
  const site = SITES[index % SITES.length] as string;
  const lines: [string, string | Buffer][] = [
    ['dn', personDn(people, index)],
    ...['top', 'person', 'organizationalPerson', 'inetOrgPerson'].map((objectClass): [string, string] => [
      'objectClass',
      objectClass,
    ]),
    ['uid', account],
    ['cn', name],
    ['sn', surname],
    ['givenName', given],
    ['displayName', name],
    ['mail', `${given}.${surname}.${index}@example.org`.toLowerCase()],
    ['employeeNumber', String(100_000 + index)],
    ['employeeType', random.integer(10) === 0 ? 'contractor' : 'employee'],
    ['departmentNumber', random.pick(DEPARTMENTS)],
    ['title', random.pick(TITLES)],
    ['telephoneNumber', `+49 30 ${String(5_000_000 + index)}`],
    ['l', site],
    ['o', 'Example Organisation'],
    ['preferredLanguage', random.pick(LANGUAGES)],
    ...extras(people, index, random),
  ];
  return `${lines.map(([attribute, value]) => ldifLine(attribute, value)).join('')}\n`;
}

function extras(people: People, index: number, random: Random): [string, string | Buffer][] {
  const lines: [string, string | Buffer][] = [];
  if (index > 0) lines.push(['manager', personDn(people, Math.floor((index - 1) / SPAN))]);
  if (random.integer(3) === 0)
    lines.push(['mobile', `+49 170 ${String(1_000_000 + random.integer(9_000_000))}`]);
  if (random.integer(4) === 0)
    lines.push(['description', `Joined ${2000 + random.integer(26)}, room ${random.integer(900) + 100}`]);
  if (people.awkward && index % 3 === 0)
    lines.push(['jpegPhoto', Buffer.concat([JPEG_START, random.bytes(100 + random.integer(400))])]);
  return lines;
}
