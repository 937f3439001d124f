// Accounts and HR rows that make correlation interesting: what it links by itself, what it asks about, what it leaves.

type Row = Record<string, string>;

/** Directory accounts beside those of the people in `generate-sample.ts`. */
export const EXTRA_ACCOUNTS: Row[] = [
  // Nobody's: no program has an employee id.
  ...['backup', 'build', 'mail-relay', 'monitoring', 'scanner'].map((name, index) => ({
    id: `S${100 + index}`,
    accountName: `svc-${name}`,
    displayName: `svc-${name}`,
    description: 'Service account',
  })),
  // Two people share one mailbox, which HR has as the address of one of them.
  ...[1, 2].map((number) => ({
    id: `P2${number}00`,
    accountName: `frontdesk${number}`,
    displayName: `Front desk ${number}`,
    email: 'reception@example.org',
    department: 'Operations',
  })),
  account('P2300', 'Catharine Hale', 'catharine.hale', 'Support'),
  account('P2400', 'Grace Whitfield', 'gwhitfield', 'Finance'),
  account('P2500', 'Noah Sterling', 'noah.sterling', 'Sales'),
];

/** HR's side of the same, and those who have no account yet. */
export const EXTRA_EMPLOYEES: Row[] = [
  employee('50001', 'PAULA', 'RUSSO', { email: 'RECEPTION@EXAMPLE.ORG', cost_center: '4700' }),
  // Spelt otherwise in the directory: alike enough to ask.
  employee('50002', 'CATHERINE', 'HALE', { cost_center: '4800' }),
  // The same name, and nothing else to go by: sure enough to link.
  employee('50003', 'GRACE', 'WHITFIELD', { cost_center: '4300' }),
  // Entered twice, when he came back: whose is the account?
  employee('50004', 'NOAH', 'STERLING', { email: 'NOAH.STERLING@EXAMPLE.ORG', left: '30.06.2019' }),
  employee('50005', 'NOAH', 'STERLING', { email: 'NOAH.STERLING@EXAMPLE.ORG', hired: '01.09.2024' }),
  // They begin in spring.
  ...['AMIRA HADDAD', 'ANTONI ZIELINSKI', 'BEATRIZ MORENO', 'CALLUM MCALLISTER', 'FREYA LINDQVIST'].map(
    joiner,
  ),
  ...['HANNA VON DER HEIDE', 'MARCEL DUPONT', 'ROSIE ASHWORTH'].map((name, index) => joiner(name, index + 5)),
];

function account(id: string, displayName: string, accountName: string, department: string): Row {
  const [givenName = '', surname = ''] = displayName.split(' ');
  const email = `${accountName}@example.org`;
  return { id, accountName, displayName, givenName, surname, email, department, title: 'Specialist' };
}

function employee(id: string, first: string, last: string, more: Row): Row {
  return {
    employee_id: id,
    name: `${last}, ${first}`,
    last_name: last,
    first_name: first,
    job_title: 'Specialist',
    cost_center: '4200',
    country: 'United Kingdom',
    phone: `020 7946 0${id.slice(-3)}`,
    hired: '03.02.2014',
    status: more.left ? 'terminated' : 'active',
    ...more,
  };
}

/** The third one's cost centre is a slip of the pen: no transform can make a department of it. */
function joiner(name: string, index: number): Row {
  const [first = '', ...last] = name.split(' ');
  const cost_center = index === 2 ? '47OO' : `4${1 + index}00`;
  return employee(`${51_001 + index}`, first, last.join(' '), { cost_center, hired: '01.04.2027' });
}
