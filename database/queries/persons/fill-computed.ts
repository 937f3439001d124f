// Hands computed identity attributes over to the database, for `writeGathered` to write with all that is derived.
import type pg from 'pg';
import { chunksOf, copyRows } from '../../copy-rows.ts';

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

export function computedRows(persons: readonly ComputedPerson[]): ComputedRows {
  return {
    chunks: [...chunksOf(rowsOf(persons))],
    failed: persons.filter(({ failures }) => failures !== null).length,
  };
}

/** Fills `computed` (see `createGathered`) with them. */
export function fillComputed(client: pg.PoolClient, { chunks }: ComputedRows): Promise<void> {
  return copyRows(client, 'computed', ['id', 'attributes', 'processing_state', 'processing_errors'], chunks);
}

function* rowsOf(persons: readonly ComputedPerson[]) {
  for (const { id, attributes, failures } of persons)
    yield [
      id,
      attributes && JSON.stringify(attributes),
      failures ? 'ERROR' : 'OK',
      failures && JSON.stringify(failures),
    ];
}
