// What a directory holds, in the form in which stored-state tells what we stored.
import { dnKey } from '../../domain/distinguished-name.ts';
import { searchSlapd } from './ldapsearch.ts';
import type { LdifEntry } from './ldif-reader.ts';
import type { Slapd } from './slapd-process.ts';

/** An entry as it should have been stored; values in base64, sorted, so that text and bytes compare alike. */
export interface ExpectedObject {
  sourceId: string;
  objectClass: string;
  distinguishedName: string;
  attributes: Record<string, string[]>;
  manager: string | null;
  members: string[];
}

const NOT_AN_ATTRIBUTE = new Set(['member', 'userPassword', 'entryUUID']);

/** Users (inetOrgPerson) and groups (groupOfNames) by entryUUID. */
export async function directoryState(slapd: Slapd): Promise<Map<string, ExpectedObject>> {
  const entries = await searchSlapd(slapd);
  const idOfDn = new Map(entries.map((entry) => [dnKey(entry.dn), idOf(entry)]));
  const classified = entries.flatMap((entry) => {
    const objectClass = classOf(entry);
    return objectClass === null ? [] : [{ entry, objectClass }];
  });
  const stored = new Set(classified.map(({ entry }) => idOf(entry)));
  /** A reference to an entry outside the project's scopes is to nobody that we hold. */
  const resolve = (value: Buffer): string | null => {
    const id = idOfDn.get(dnKey(value.toString()));
    return id !== undefined && stored.has(id) ? id : null;
  };
  return new Map(
    classified.map(({ entry, objectClass }) => {
      const manager = entry.attributes.get('manager')?.[0];
      return [
        idOf(entry),
        {
          sourceId: idOf(entry),
          objectClass,
          distinguishedName: entry.dn,
          attributes: Object.fromEntries(
            [...entry.attributes]
              .filter(([name]) => !NOT_AN_ATTRIBUTE.has(name))
              .map(([name, values]) => [name, values.map((value) => value.toString('base64')).sort()]),
          ),
          manager: manager ? resolve(manager) : null,
          members: (entry.attributes.get('member') ?? [])
            .map((value) => resolve(value) ?? value.toString())
            .sort(),
        },
      ];
    }),
  );
}

function idOf(entry: LdifEntry): string {
  return String(entry.attributes.get('entryUUID')?.[0]);
}

function classOf(entry: LdifEntry): string | null {
  const classes = (entry.attributes.get('objectClass') ?? []).map(String);
  if (classes.includes('inetOrgPerson')) return 'user';
  return classes.includes('groupOfNames') ? 'group' : null;
}
