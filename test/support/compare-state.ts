// Compares what is stored of a connection with its directory: object by object, membership by membership.
import { expect } from '@jest/globals';
import type { Queryable } from '../../database/sql.ts';
import type { AttributeValues } from '../../domain/source-entry.ts';
import { directoryState, type ExpectedObject } from './directory-state.ts';
import type { Slapd } from './slapd.ts';
import { type StoredObject, storedState } from './stored-state.ts';

/** Operational attributes that we ask for beside those of users. */
const OPERATIONAL = new Set(['createTimestamp', 'creatorsName', 'entryUUID', 'structuralObjectClass']);

/** Fails with the first few objects that differ. */
export async function expectStoredEqualsDirectory(
  on: Queryable,
  connectionId: string,
  slapd: Slapd,
): Promise<void> {
  const [expected, stored] = [await directoryState(slapd), await storedState(on, connectionId)];
  expect(expected.size).toBeGreaterThan(0);
  const differing = [...new Set([...expected.keys(), ...stored.keys()])]
    .map((id) => ({ expected: expected.get(id), stored: comparable(stored.get(id)) }))
    .filter((pair) => JSON.stringify(ordered(pair.expected)) !== JSON.stringify(ordered(pair.stored)));
  expect(differing.slice(0, 3)).toEqual([]);
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
