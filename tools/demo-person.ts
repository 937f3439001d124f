// Shows one person: the accounts that belong to it, what they say, and what the profile makes of that.
import { bodyOf } from '../cli/api-client.ts';
import { safeText, textTable } from '../cli/text-table.ts';
import type { DemoClient } from './demo-client.ts';
import type { Definition } from './demo-profile.ts';
import type { PersonLine } from './demo-report.ts';
import type { Demo } from './demo-sync.ts';

/** Ben O'Brien, BENJAMIN to HR: much is to be done about him. */
const SHOWN = '41561';
const WIDTH = 100;

/** Somebody with several accounts; undefined where nobody has. */
export function choosePerson(persons: PersonLine[]): PersonLine | undefined {
  const several = persons.filter(
    (person) => person.identityProfileId !== '' && Number(person.objectCount) > 1,
  );
  return several.find((person) => person.employeeId === SHOWN) ?? several[0];
}

/** The person as text, of the API's present answers. */
export async function describePerson(client: DemoClient, demo: Demo, id: string): Promise<string> {
  const { data: person } = bodyOf(await client.api.persons.get({ params: { id }, query: {} }), 200);
  const transforms = await transformsOf(client, demo.profile.id);
  const attributes = [...transforms].map(([name, by]) => ({
    name,
    by,
    value: person.attributes[name] ?? null,
  }));
  const table = textTable(attributes, [
    ['ATTRIBUTE', ({ name }) => name],
    ['VALUE', ({ value }) => (value === null ? null : String(value))],
    ['COMPUTED BY', ({ by }) => by],
  ]);
  return `${safeText(person.displayName)} (person ${id})\n\n${await accountsOf(client, demo, id)}\n\n${indented(table)}`;
}

async function accountsOf({ api }: DemoClient, { hr, directory }: Demo, id: string): Promise<string> {
  const { data: accounts } = bodyOf(await api.persons.objects({ params: { id }, query: {} }), 200);
  const names = new Map([hr, directory].map(({ connectionId, name }) => [connectionId, name]));
  const rank = (account: { connectionId: string }) => Number(account.connectionId !== hr.connectionId);
  const byAuthority = accounts.toSorted((one, other) => rank(one) - rank(other));
  const texts = byAuthority.map(async (account) => {
    const query = { pageSize: '200' };
    const { data } = bodyOf(await api.objects.attributes({ params: { id: account.id }, query }), 200);
    const said = data.map(({ name, values }) => `${name}=${safeText(values.join(' | '))}`);
    const source = names.get(account.connectionId) ?? account.connectionId;
    const link = `${account.link.rule}, confidence ${account.link.confidence}`;
    return `  In ${source}, linked by: ${link}\n${wrapped(said)}`;
  });
  return (await Promise.all(texts)).join('\n');
}

/** Identity attribute → the transforms in its definition, the outermost first. */
async function transformsOf({ api }: DemoClient, id: string): Promise<Map<string, string>> {
  const { data } = bodyOf(await api.identityProfiles.get({ params: { id }, query: {} }), 200);
  return new Map(
    data.identityAttributeConfig.attributeTransforms.map((mapping) => [
      mapping.identityAttributeName,
      [...new Set(typesIn(mapping.transformDefinition))].join(', '),
    ]),
  );
}

/** Of a definition and whatever is nested in it. */
function typesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, attributes } = value as Partial<Definition>;
  if (typeof type === 'string') return [type, ...typesIn(attributes)];
  return Object.values(value).flatMap(typesIn);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

function wrapped(words: string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= WIDTH) lines.push(`${lines.pop()}, ${word}`);
    else lines.push(`    ${word}`);
  }
  return lines.join('\n');
}
