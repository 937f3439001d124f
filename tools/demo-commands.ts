// The commands that the demonstration prints for a shell: each is one line, and works as it is pasted.
import type { Group, PersonLine } from './demo-report.ts';

export interface DemoAccess {
  apiUrl: string;
  login: { username: string; password: string };
  client: { clientId: string; clientSecret: string };
}

/** Commands that belong together, the first of all of them being the one that keeps a token for the others. */
export interface CommandGroup {
  title: string;
  lines: string[];
}

const BEARER = '-H "Authorization: Bearer $TOKEN"';
const ACCESS = '-H "Authorization: Bearer $ACCESS"';

/** For a shell: signing in, then the directory, persons, and the SailPoint-shaped surface. */
export function commands(
  access: DemoAccess,
  shown: { group: Group | undefined; person: PersonLine | undefined; profile: string },
): CommandGroup[] {
  const { apiUrl, login } = access;
  const json = "-H 'Content-Type: application/json'";
  const groups: CommandGroup[] = [
    {
      title: 'Paste these into a shell. The first one signs in, and keeps the token for the others:',
      lines: [
        `TOKEN=$(curl -s ${apiUrl}/api/auth/login ${json} -d ${quoted(JSON.stringify(login))} | ${fieldOf('token')})`,
      ],
    },
    {
      title: 'The directory: who is in a department, and in a group:',
      lines: directoryLines(apiUrl, shown.group),
    },
  ];
  if (!shown.person) return groups;
  return [
    ...groups,
    {
      title: 'The person above, its accounts, and the accounts that nobody has yet:',
      lines: personLines(apiUrl, shown.person),
    },
    {
      title: "The same, and its profile, as a client of SailPoint's API reads them:",
      lines: sailPointLines(access, shown.person, shown.profile),
    },
  ];
}

function directoryLines(apiUrl: string, group: Group | undefined): string[] {
  const users = `curl -s '${apiUrl}/api/users?department=Engineering&pageSize=5' ${BEARER}`;
  return group ? [users, `curl -s '${apiUrl}/api/groups/${group.id}/members?pageSize=5' ${BEARER}`] : [users];
}

function personLines(apiUrl: string, { id, email, displayName }: PersonLine): string[] {
  return [
    `curl -s -G ${apiUrl}/api/persons --data-urlencode ${quoted(`search=${email || displayName}`)} ${BEARER}`,
    `curl -s ${apiUrl}/api/persons/${id}/objects ${BEARER}`,
    `curl -s ${apiUrl}/api/persons/correlation-cases ${BEARER}`,
  ];
}

function sailPointLines({ apiUrl, client }: DemoAccess, person: PersonLine, profile: string): string[] {
  const { clientId, clientSecret } = client;
  const credentials = `-d grant_type=client_credentials -d client_id=${clientId} -d client_secret=${clientSecret}`;
  const filter = (field: string, value: string) => quoted(`filters=${field} eq ${JSON.stringify(value)}`);
  const whom = person.email ? filter('email', person.email) : filter('id', person.id);
  return [
    `ACCESS=$(curl -s ${apiUrl}/oauth/token ${credentials} | ${fieldOf('access_token')})`,
    `curl -s -G ${apiUrl}/beta/identities --data-urlencode ${whom} ${ACCESS}`,
    `curl -s -G ${apiUrl}/v3/identity-profiles --data-urlencode ${filter('name', profile)} ${ACCESS}`,
  ];
}

/** Takes one text out of JSON on standard input; every system has sed. */
function fieldOf(name: string): string {
  return `sed 's/.*"${name}":"\\([^"]*\\)".*/\\1/'`;
}

/** In single quotes for a POSIX shell (IEEE Std 1003.1, Shell Command Language, 2.2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
