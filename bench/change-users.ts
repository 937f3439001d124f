// Changes some users of the directory, as an administrator would, so that incremental runs have something to find.
import pg from 'pg';
import type { Slapd } from '../test/support/slapd-process.ts';

/** Gives `count` users, spread over the directory, a title that none of them had. */
export async function changeUsers(
  databaseUrl: string,
  slapd: Slapd,
  count: number,
  title: string,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ dn: string }>(
      `select distinguished_name as dn from directory_object where object_class = 'user' order by source_id limit $1`,
      [count],
    );
    await slapd.apply(
      rows
        .map(
          ({ dn }) =>
            `dn:: ${Buffer.from(dn).toString('base64')}\nchangetype: modify\nreplace: title\ntitle: ${title}\n\n`,
        )
        .join(''),
    );
  } finally {
    await client.end();
  }
}
