// The directory that the LDAP connector's tests read: names that must be escaped, every kind of group, a referral.

/** The account that reads, and its password. */
export const READER = 'cn=reader,dc=example,dc=org';
export const READER_PASSWORD = 'reader-secret-4711';

export const b64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');
export const PHOTO = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  Buffer.from(Array.from({ length: 999 }, (_, at) => at % 256)),
]);

/** RDN values with everything that is special, and how their DNs are written. */
export const AWKWARD = [
  ['Lovelace, Ada', 'cn=Lovelace\\, Ada'],
  ['Grace "Amazing" Hopper', 'cn=Grace \\"Amazing\\" Hopper'],
  ['R + D', 'cn=R \\+ D'],
  ['#1 Sharp', 'cn=\\#1 Sharp'],
  [' Leading', 'cn=\\20Leading'],
  ['Back\\slash; <a> = b', 'cn=Back\\\\slash\\; \\<a\\> \\= b'],
  ['Zoë Müller', 'cn=Zoë Müller'],
  ['Дмитрий', 'cn=Дмитрий'],
  ['山田 太郎', 'cn=山田 太郎'],
  ['Astral 😀', 'cn=Astral 😀'],
] as const;

export function person(rdn: string, cn: string, more = '', auxiliary = ''): string {
  return `dn:: ${b64(`${rdn},ou=people,dc=example,dc=org`)}\nobjectClass: inetOrgPerson\n${auxiliary}cn:: ${b64(cn)}\nsn: x\nuserPassword: hidden\n${more}\n`;
}

export const TREE = `dn: ${READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ${READER_PASSWORD}

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: ou=empty,dc=example,dc=org
objectClass: organizationalUnit
ou: empty

`;

export const LDIF = [
  TREE,
  ...AWKWARD.map(([cn, rdn], index) => person(rdn, cn, `uid: a${index}\njpegPhoto:: ${b64(PHOTO)}\n`)),
  person(
    'uid=posix',
    'Posix',
    'uid: posix\nuidNumber: 1\ngidNumber: 1\nhomeDirectory: /home/posix\ncn;lang-de: Posix auf Deutsch\nuserCertificate;binary:: MAA=\n',
    'objectClass: posixAccount\n',
  ),
  `dn: cn=laptop,ou=people,dc=example,dc=org\nobjectClass: device\ncn: laptop\n\n`,
  `dn:: ${b64(`cn=names,ou=groups,dc=example,dc=org`)}\nobjectClass: groupOfNames\ncn: names\n${AWKWARD.map(([, rdn]) => `member:: ${b64(`${rdn},ou=People, DC=example,dc=org`)}\n`).join('')}\n`,
  `dn: cn=unique,ou=groups,dc=example,dc=org\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: uid=posix,ou=people,dc=example,dc=org#'0101'B\nuniqueMember: cn=names,ou=groups,dc=example,dc=org\n\n`,
  `dn: cn=posixgroup,ou=groups,dc=example,dc=org\nobjectClass: posixGroup\ncn: posixgroup\ngidNumber: 1\nmemberUid: posix\n\n`,
  `dn: cn=elsewhere,ou=people,dc=example,dc=org\nobjectClass: referral\nobjectClass: extensibleObject\ncn: elsewhere\nref: ldap://other.example.org/dc=other\n\n`,
].join('');

/** Of the tree, whoever is READER may read all but passwords, and nothing below ou=empty. */
export const READER_ACL = [
  'access to attrs=userPassword by anonymous auth by * none',
  'access to dn.subtree="ou=empty,dc=example,dc=org" by * search',
  `access to * by dn.exact="${READER}" read by anonymous read by * search`,
];
