// Brings a database of a benchmark to the present schema.
import { openDatabase } from '../database/database.ts';

export async function migrate(databaseUrl: string): Promise<void> {
  const database = await openDatabase({ url: databaseUrl });
  try {
    await database.migrate();
  } finally {
    await database.close();
  }
}
