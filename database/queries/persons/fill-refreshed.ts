// Hands computed identity attributes over to the database, for `deriveRefreshed` to write with all that is derived.
import type pg from 'pg';
import { chunksOf, copyRows } from '../../copy-rows.ts';
import { createRefreshed } from './derive-persons.ts';

/** What a refresh made of a person. */
export interface RefreshedPerson {
  id: string;
  /** Null where no profile computes any: they stay as they are. */
  attributes: Record<string, string | null> | null;
  /** Attribute → why it could not be computed. */
  failures: Record<string, string> | null;
}

/** Fills `refreshed` with them; in a transaction that holds `lockPersons`. */
export async function fillRefreshed(
  client: pg.PoolClient,
  persons: readonly RefreshedPerson[],
): Promise<void> {
  await createRefreshed(client);
  const columns = ['id', 'refreshed', 'attributes', 'processing_state', 'processing_errors'];
  await copyRows(client, 'refreshed', columns, chunksOf(rowsOf(persons)));
  await client.query('analyze refreshed (id)');
}

function* rowsOf(persons: readonly RefreshedPerson[]) {
  for (const { id, attributes, failures } of persons)
    yield [
      id,
      true,
      attributes && JSON.stringify(attributes),
      failures ? 'ERROR' : 'OK',
      failures && JSON.stringify(failures),
    ];
}
