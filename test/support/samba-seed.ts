// What every test's domain holds: one of each kind of object and value that Active Directory has a rule for.

export const DOMAIN = 'DC=example,DC=test';
export const REALM = 'EXAMPLE.TEST';
export const ADMINISTRATOR = { bindDn: 'administrator@example.test', bindPassword: 'Admin-pass-1' };
/** An ordinary account: a user like any other. */
export const READER = { bindDn: 'reader@example.test', bindPassword: 'Reader-pass-1' };
/** More members than one answer brings. */
export const HUGE_MEMBERS = 1_700;

const PEOPLE = `OU=People,${DOMAIN}`;
const GROUPS = `OU=Groups,${DOMAIN}`;

type Value = string | number | Buffer;
type Entry = [dn: string, attributes: Record<string, Value | Value[]>];

/** One entry as LDIF (RFC 2849); values are in base64, so that any may hold anything. */
export function ldifEntry([dn, attributes]: Entry): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}:: ${base64(value)}`),
  );
  return [`dn:: ${base64(dn)}`, ...lines, '', ''].join('\n');
}

function base64(value: Value): string {
  return (Buffer.isBuffer(value) ? value : Buffer.from(String(value))).toString('base64');
}

/** The bytes by which Samba's own tools take a password. */
function password(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

export const personDn = (number: number) => `CN=Person ${number},${PEOPLE}`;
export const groupDn = (number: number) => `CN=Group ${number},${GROUPS}`;

/** What single people have that the others have not. */
const PARTICULARS: Record<number, Record<string, Value | Value[]>> = {
  1: { userAccountControl: 514 },
  2: { userAccountControl: 512 + 65_536 },
  3: { accountExpires: 0 },
  4: { accountExpires: '9223372036854775807' },
  5: { accountExpires: '134000000000000000' },
  6: { manager: personDn(0), description: ['first line\nsecond line'] },
  7: { displayName: 'Жанна 田中 \u{1f600}', physicalDeliveryOfficeName: ' edge ' },
  8: { jpegPhoto: Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x01]), thumbnailPhoto: Buffer.alloc(300, 7) },
  9: { otherTelephone: ['1', '2', '3'], proxyAddresses: ['SMTP:a@example.test', 'smtp:b@example.test'] },
};

function people(): Entry[] {
  return Array.from({ length: 60 }, (_, number) => [
    personDn(number),
    {
      objectClass: 'user',
      sAMAccountName: `person${number}`,
      userPrincipalName: `person${number}@example.test`,
      givenName: `Given${number}`,
      sn: `Name${number}`,
      mail: `person${number}@example.test`,
      department: `Department ${number % 5}`,
      employeeNumber: `E${number}`,
      userAccountControl: 512,
      ...PARTICULARS[number],
    },
  ]);
}

/** groupType by number of the group; the others are security groups of global scope. */
export const GROUP_TYPES: Record<number, [bits: number, name: string]> = {
  0: [-2147483646, 'security-global'],
  1: [-2147483644, 'security-domain-local'],
  2: [-2147483640, 'security-universal'],
  3: [2, 'distribution-global'],
  4: [4, 'distribution-domain-local'],
  5: [8, 'distribution-universal'],
};

/** Group 6 holds 7, which holds 8, which holds 6 again; 9 has no members. */
function groups(): Entry[] {
  return Array.from({ length: 20 }, (_, number) => {
    const nested: Record<number, string> = { 6: groupDn(7), 7: groupDn(8) };
    const people = [0, 1, 2].map((offset) => personDn((number * 3 + offset) % 60));
    const member = number === 9 ? [] : [...people, ...(nested[number] ? [nested[number]] : [])];
    return [
      groupDn(number),
      {
        objectClass: 'group',
        sAMAccountName: `group${number}`,
        groupType: GROUP_TYPES[number]?.[0] ?? -2147483646,
        ...(number === 10 ? { managedBy: personDn(0) } : {}),
        // Groups come in this order, and those that are named must be there.
        ...(member.length > 0 ? { member } : {}),
      },
    ] as Entry;
  }).reverse();
}

function others(): Entry[] {
  const contacts = Array.from(
    { length: HUGE_MEMBERS },
    (_, number) => `CN=Contact ${number},OU=Contacts,${DOMAIN}`,
  );
  return [
    ...contacts.map((dn): Entry => [dn, { objectClass: 'contact' }]),
    ...[1, 2, 3].map(
      (number): Entry => [
        `CN=PC${number},CN=Computers,${DOMAIN}`,
        { objectClass: 'computer', sAMAccountName: `PC${number}$`, userAccountControl: 4096 },
      ],
    ),
    [
      `CN=Huge,${GROUPS}`,
      { objectClass: 'group', sAMAccountName: 'huge', groupType: -2147483646, member: contacts },
    ],
  ];
}

/** The entries, for ldbadd. */
export function seedEntries(): string {
  const units = ['People', 'Groups', 'Contacts', 'Länder; Ost'].map(
    (name): Entry => [`OU=${name.replace(';', '\\;')},${DOMAIN}`, { objectClass: 'organizationalUnit' }],
  );
  const reader: Entry = [
    `CN=Reader,CN=Users,${DOMAIN}`,
    {
      objectClass: 'user',
      sAMAccountName: 'reader',
      userPrincipalName: 'reader@example.test',
      userAccountControl: 512,
      clearTextPassword: password(READER.bindPassword),
    },
  ];
  return [...units, reader, ...people(), ...groups(), ...others()].map(ldifEntry).join('');
}

/** Changes for ldbmodify: what must follow on what is there. */
export function seedChanges(groupNumber: string): string {
  return [
    `dn: ${groupDn(8)}\nchangetype: modify\nadd: member\nmember: ${groupDn(6)}\n`,
    `dn: ${personDn(0)}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: ${groupNumber}\n`,
  ].join('\n');
}
