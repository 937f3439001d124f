// The HR file of the sample: what a payroll program exports about the people of the sample directory, in its own ways.
import type { Random } from '../bench/random.ts';

type Row = Record<string, string>;

/** What the directory has of somebody, with the names in Latin letters. */
export interface DirectoryPerson extends Row {
  employee_id: string;
  givenName: string;
  surname: string;
  givenLatin: string;
  surnameLatin: string;
}

export const HR_COLUMNS = [
  ...['employee_id', 'name', 'last_name', 'first_name', 'called', 'email', 'job_title', 'cost_center'],
  ...['country', 'phone', 'hired', 'left', 'manager_id', 'status'],
];

/** Names on papers, of people whom everybody calls otherwise. */
const LEGAL_NAMES: Row = { Ben: 'BENJAMIN', Jack: 'JOHN', Kate: 'KATHERINE', Liam: 'WILLIAM', Mia: 'MARIA' };

/** Where offices are, and numbers there as people write them; all of them are set aside for use in fiction. */
const OFFICES: { country: string; phone: (line: string) => string }[] = [
  { country: 'Germany', phone: (line) => `030 23125-${line}` },
  { country: 'France', phone: (line) => `01 99 00 0${line.slice(0, 1)} ${line.slice(1)}` },
  { country: 'United States', phone: (line) => `(202) 555-01${line.slice(1)}` },
  { country: 'United Kingdom', phone: (line) => `020 7946 0${line}` },
];

/** The row of one person; `index` is the place among all people. */
export function employeeRow(random: Random, person: DirectoryPerson, index: number): Row {
  const office = OFFICES[index % OFFICES.length] as (typeof OFFICES)[number];
  const legal = LEGAL_NAMES[person.givenName];
  const given = payrollName(person.givenName, person.givenLatin);
  const surname = payrollName(person.surname, person.surnameLatin);
  return {
    employee_id: person.employee_id,
    name: `${surname}, ${legal ?? given}`,
    last_name: surname,
    first_name: legal ?? given,
    called: legal ? given : '',
    email: index % 5 === 2 && index % 9 !== 4 ? '' : (person.email ?? '').toUpperCase(),
    job_title: person.title ?? '',
    cost_center: costCenterOf(index),
    country: office.country,
    phone: office.phone(String(index).padStart(3, '0')),
    hired: germanDate(random, 2006 + random.integer(19)),
    left: person.status === 'disabled' ? germanDate(random, 2026) : '',
    manager_id: person.manager ?? '',
    status: person.status === 'disabled' ? 'terminated' : 'active',
  };
}

/** In capitals, and in Latin letters of Western Europe: the program is an old one. */
function payrollName(written: string, latin: string): string {
  return (/^[\x20-\xff]*$/.test(written) ? written : latin).toUpperCase();
}

/** The directory's departments by another name: 4100 is the first of them, 4000 the management. */
function costCenterOf(index: number): string {
  return index === 0 ? '4000' : `4${1 + ((index - 1) % 8)}00`;
}

function germanDate(random: Random, year: number): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${twoDigits(1 + random.integer(28))}.${twoDigits(1 + random.integer(9))}.${year}`;
}
