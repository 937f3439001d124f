// Tells where what is stored of a connection differs from its directory: object by object, membership by membership.
import type { Queryable } from '../../database/sql.ts';
import type { AttributeValues } from '../../domain/source-entry.ts';
import { directoryState, type ExpectedObject } from './directory-state.ts';
import type { Slapd } from './slapd-process.ts';
import { type StoredObject, storedState } from './stored-state.ts';

/** An object as the directory has it and as it is stored; undefined where it is not there. */
export interface Difference {
  expected: ExpectedObject | undefined;
  stored: ExpectedObject | undefined;
}

/** Operational attributes that we ask for beside those of users. */
const OPERATIONAL = new Set(['createTimestamp', 'creatorsName', 'entryUUID', 'structuralObjectClass']);

/** @throws Error when the directory is empty, since then nothing would be compared. */
export async function differencesFromDirectory(
  on: Queryable,
  connectionId: string,
  slapd: Slapd,
): Promise<Difference[]> {
  const [expected, stored] = [await directoryState(slapd), await storedState(on, connectionId)];
  if (expected.size === 0) throw new Error('The directory has no users and groups to compare with.');
  return [...new Set([...expected.keys(), ...stored.keys()])]
    .map((id) => ({ expected: expected.get(id), stored: comparable(stored.get(id)) }))
    .filter((pair) => JSON.stringify(ordered(pair.expected)) !== JSON.stringify(ordered(pair.stored)));
}

function comparable(object: StoredObject | undefined): ExpectedObject | undefined {
  if (!object) return undefined;
  return {
    ...object,
    distinguishedName: object.distinguishedName ?? '',
    members: [...object.members].sort(),
    attributes: Object.fromEntries(
      Object.entries(object.attributes)
        .filter(([name]) => !OPERATIONAL.has(name))
        .map(([name, values]) => [name, base64(values).sort()]),
    ),
  };
}

function base64(values: AttributeValues): string[] {
  return Array.isArray(values)
    ? values.map((value) => Buffer.from(value).toString('base64'))
    : [...values.binary];
}

function ordered(object: ExpectedObject | undefined): unknown {
  if (!object) return null;
  const { attributes, ...rest } = object;
  return [Object.entries(rest).sort(), Object.entries(attributes).sort()];
}
