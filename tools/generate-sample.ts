// Writes the samples that ship in samples/: a directory of made-up people, groups and computers of example.org, and
// the HR file of the same organisation. Run by hand (`node tools/generate-sample.ts`) when the sample is to change; it
// makes the same files each time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'csv-stringify/sync';
import { createRandom, type Random } from '../bench/random.ts';
import { EXTRA_ACCOUNTS, EXTRA_EMPLOYEES } from './sample-cases.ts';
import { type DirectoryPerson, employeeRow, HR_COLUMNS } from './sample-hr.ts';
import { NAME_FAMILIES } from './sample-names.ts';

const PEOPLE = 360;
const COMPUTERS = 84;
const DEPARTMENTS = [
  'Engineering',
  'Sales',
  'Finance',
  'Human Resources',
  'Research & Development',
  'Legal, Risk & Compliance',
  'Operations',
  'Support',
];
const TITLES = ['Analyst', 'Engineer', 'Specialist', 'Coordinator', 'Consultant', 'Administrator'];
const PROJECTS = ['Aurora', 'Borealis', 'Comet', 'Dolomite', 'Émeraude', 'Фотон', 'すみれ', '"Gold" Rush'];
const COLUMNS = [
  ...['id', 'class', 'accountName', 'displayName', 'givenName', 'surname', 'email', 'department', 'title'],
  ...['company', 'phone', 'manager', 'owner', 'status', 'employee_id', 'expires', 'groupType', 'description'],
];

type Row = Record<string, string>;
type Membership = readonly [group: string, member: string];

interface Person extends DirectoryPerson {
  id: string;
  department: string;
}

export interface Sample {
  /** The directory: users, groups and computers, and who is in which group. */
  rows: Row[];
  memberships: Membership[];
  /** The HR file. */
  employees: Row[];
}

/** The rows of all files, the same for the same seed. */
export function generateSample(seed = 7): Sample {
  const random = createRandom(seed);
  const people = makePeople(random);
  const { groups, memberships } = makeGroups(random, people);
  const computers = makeComputers(random, people);
  const extra = EXTRA_ACCOUNTS.map((row) => ({ class: 'user', status: 'active', ...row }));
  return {
    rows: [...people.map(asDirectoryKnows), ...extra, ...groups, ...computers],
    memberships,
    employees: [...makeEmployees(random, people), ...EXTRA_EMPLOYEES],
  };
}

/** The first person leads the company, the next eight a department each, and every tenth of the rest a team. */
function makePeople(random: Random): Person[] {
  const accounts = new Map<string, number>();
  const people: Person[] = [];
  for (let index = 0; index < PEOPLE; index += 1) {
    const department = DEPARTMENTS[(index + DEPARTMENTS.length - 1) % DEPARTMENTS.length] as string;
    const person = {
      id: `P${1000 + index}`,
      class: 'user',
      ...named(random, accounts),
      department: index === 0 ? 'Management' : department,
      title: titleOf(index, department, random),
      company: isContractor(index) ? 'Brightwater Staffing' : 'Example Industries',
      phone: `+1 555 01${String(index % 100).padStart(2, '0')}`,
      manager: managerOf(index, people),
      status: index > 8 && index % 17 === 0 ? 'disabled' : 'active',
      employee_id: isContractor(index) ? '' : String(40_000 + index * 7),
      expires: isContractor(index) ? '2031-12-31' : '',
      description: remarkOn(index),
    };
    people.push(person);
  }
  return people;
}

function named(random: Random, accounts: Map<string, number>) {
  const family = random.pick(NAME_FAMILIES);
  const [given, givenLatin] = random.pick(family.given);
  const [surname, surnameLatin] = random.pick(family.surnames);
  const base = `${givenLatin}.${surnameLatin}`;
  const count = (accounts.get(base) ?? 0) + 1;
  accounts.set(base, count);
  const accountName = count === 1 ? base : `${base}${count}`;
  return {
    accountName,
    displayName: family.surnameFirst ? `${surname}${given}` : `${given} ${surname}`,
    givenName: given,
    surname,
    givenLatin,
    surnameLatin,
    email: `${accountName}@example.org`,
  };
}

function titleOf(index: number, department: string, random: Random): string {
  if (index === 0) return 'Chief Executive';
  if (index <= DEPARTMENTS.length) return `Director, ${department}`;
  return isTeamLead(index) ? 'Team Lead' : random.pick(TITLES);
}

function isTeamLead(index: number): boolean {
  return index > DEPARTMENTS.length && index < 9 + DEPARTMENTS.length * 5;
}

/** HR does not know them. */
function isContractor(index: number): boolean {
  return index % 40 === 39 && !isTeamLead(index);
}

/** Of every ninth employee nobody entered the employee id. */
function asDirectoryKnows(person: Person, index: number): Row {
  return index % 9 === 4 ? { ...person, employee_id: '' } : person;
}

/** HR names managers by their employee ids. */
function makeEmployees(random: Random, people: Person[]): Row[] {
  const employeeIds = new Map(people.map((person) => [person.id, person.employee_id]));
  return people.flatMap((person, index) => {
    if (isContractor(index)) return [];
    const manager = employeeIds.get(person.manager ?? '') ?? '';
    return [employeeRow(random, { ...person, manager }, index)];
  });
}

/** Reports to the latest team lead of the same department, leads to its director, directors to the first. */
function managerOf(index: number, people: Person[]): string {
  if (index === 0) return '';
  if (index <= DEPARTMENTS.length) return (people[0] as Person).id;
  const director = 1 + ((index - 1) % DEPARTMENTS.length);
  if (isTeamLead(index)) return (people[director] as Person).id;
  const team = 1 + (Math.floor(index / DEPARTMENTS.length) % 5);
  return (people[director + team * DEPARTMENTS.length] as Person).id;
}

function remarkOn(index: number): string {
  if (index % 45 === 11) return 'Desk 4.12\nBuilding "North", second floor';
  if (index % 60 === 23) return 'Works Monday; Tuesday, Wednesday\r\n(part time)';
  return index % 75 === 31 ? '=1+1 is text here, not a formula' : '';
}

interface Groups {
  groups: Row[];
  memberships: Membership[];
}

function makeGroups(random: Random, people: Person[]): Groups {
  const groups: Row[] = [];
  const memberships: Membership[] = [];
  const add = (id: string, displayName: string, members: string[], more: Row = {}) => {
    groups.push({ id, class: 'group', displayName, groupType: 'security', status: 'active', ...more });
    for (const member of new Set(members)) memberships.push([id, member]);
  };
  for (const [index, department] of DEPARTMENTS.entries()) {
    const staff = people.filter((person) => person.department === department).map(({ id }) => id);
    const director = staff[0] as string;
    const own = { owner: director, email: `dept-${index}@example.org` };
    add(`G-dept-${index}`, department, staff, own);
    add(`G-leads-${index}`, `${department} – leads`, staff.slice(0, 6), { owner: director });
  }
  const numbers = DEPARTMENTS.map((_, index) => index);
  add('G-leads', 'All team leads', ['P1000', ...numbers.map((index) => `G-leads-${index}`)]);
  add('G-staff', 'All staff', ['P1000', ...numbers.map((index) => `G-dept-${index}`)], {
    groupType: 'distribution',
    email: 'all@example.org',
    description: 'Everybody, by way of the groups of the departments.',
  });
  for (const [index, project] of PROJECTS.entries()) {
    const team = Array.from({ length: 6 + random.integer(30) }, () => random.pick(people).id);
    add(`G-project-${index}`, `Project ${project}`, team, { owner: random.pick(people).id });
  }
  const administrators = people.filter(({ title }) => title === 'Administrator').map(({ id }) => id);
  add('G-admins', 'Domain administrators', administrators.slice(0, 9), {
    description: 'Reviewed every quarter.',
  });
  add('G-vpn', 'Remote access', ['G-leads', 'G-admins', ...people.slice(200, 260).map(({ id }) => id)]);
  const services = EXTRA_ACCOUNTS.filter(({ id }) => id?.startsWith('S')).map(({ id = '' }) => id);
  add('G-services', 'Service accounts', services);
  add('G-empty', 'Former print operators', []);
  return { groups, memberships };
}

function makeComputers(random: Random, people: Person[]): Row[] {
  return Array.from({ length: COMPUTERS }, (_, index) => {
    const server = index % 6 === 0;
    const number = String(index + 1).padStart(3, '0');
    return {
      id: `C${number}`,
      class: 'computer',
      accountName: `${server ? 'SRV' : 'NB'}-${number}$`,
      displayName: `${server ? 'srv' : 'nb'}-${number}.example.org`,
      owner: server ? '' : random.pick(people).id,
      status: index % 21 === 20 ? 'disabled' : 'active',
      description: server ? 'Server, rack 2' : '',
    };
  });
}

/** Writes `people.csv`, `memberships.csv` and `employees.csv` into `folder`. */
function writeSample(folder: string): void {
  const { rows, memberships, employees } = generateSample();
  mkdirSync(folder, { recursive: true });
  const options = { header: true, record_delimiter: 'windows' } as const;
  writeFileSync(join(folder, 'people.csv'), stringify(rows, { ...options, columns: COLUMNS }));
  const pairs = memberships.map(([group, member]) => ({ group, member }));
  writeFileSync(join(folder, 'memberships.csv'), stringify(pairs, options));
  const hr = stringify(employees, { ...options, columns: HR_COLUMNS });
  writeFileSync(join(folder, 'employees.csv'), hr);
}

if (import.meta.main) writeSample(join(dirname(dirname(fileURLToPath(import.meta.url))), 'samples'));
