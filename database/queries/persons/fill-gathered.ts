// Hands gathered persons with what transforms made of them over to the database, for `writeGathered` to write.
import type pg from 'pg';
import { type CopyValue, chunksOf, copyRows } from '../../copy-rows.ts';
import { GATHERED, type GatheredPerson } from './gather-persons.ts';

/** What transforms made of a person. */
export interface ComputedPerson {
  id: string;
  /** Null where no profile computes any: they stay as they are. */
  attributes: Record<string, string | null> | null;
  /** Attribute → why it could not be computed. */
  failures: Record<string, string> | null;
}

/** As they are sent: made while the database is busy with others. */
export interface ComputedRows {
  chunks: Buffer[];
  /** Of how many an attribute could not be computed. */
  failed: number;
}

/** Rows of `gathered` (see `createGathered`). */
export function computedRows(
  part: number,
  persons: readonly GatheredPerson[],
  computed: readonly ComputedPerson[],
): ComputedRows {
  return {
    chunks: [...chunksOf(rowsOf(part, persons, computed))],
    failed: computed.filter(({ failures }) => failures !== null).length,
  };
}

export function fillGathered(client: pg.PoolClient, { chunks }: ComputedRows): Promise<void> {
  return copyRows(client, 'gathered', COLUMNS, chunks);
}

const COLUMNS = [...GATHERED, 'part', 'attributes', 'processing_state', 'processing_errors'];

function* rowsOf(
  part: number,
  persons: readonly GatheredPerson[],
  computed: readonly ComputedPerson[],
): Generator<CopyValue[]> {
  const byId = new Map(computed.map((person) => [person.id, person]));
  for (const { columns } of persons) {
    const { attributes, failures } = byId.get(columns[0] as string) ?? { attributes: null, failures: null };
    yield [
      ...columns,
      part,
      attributes && JSON.stringify(attributes),
      failures ? 'ERROR' : 'OK',
      failures && JSON.stringify(failures),
    ];
  }
}
