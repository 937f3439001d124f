// Names the identity profiles whose transforms read a connection.
import {
  findSource,
  type IdentityAttributeConfig,
  type Source,
  sourcesOf,
} from '../../../domain/identity-profiles/profile-config.ts';
import { type Queryable, run, sql } from '../../sql.ts';

/**
 * Names, in order. Whoever saves a profile holds the connections that it reads: in a transaction that has locked
 * `source` for update, none is missed. There are tens of profiles: the table is read as a whole.
 * @param byName only those that name it by its name
 */
export async function profilesReading(
  on: Queryable,
  source: Source,
  { byName = false }: { byName?: boolean } = {},
): Promise<string[]> {
  const profiles = await run<{ name: string; config: IdentityAttributeConfig }>(
    on,
    sql`
      select name, identity_attribute_config as config from identity_profile
      where identity_attribute_config -> 'attributeTransforms' is not null order by name`,
  );
  return profiles
    .filter(({ config }) =>
      sourcesOf(config).some(
        (read) => findSource([source], read) !== undefined && (!byName || read.sourceId === undefined),
      ),
    )
    .map(({ name }) => name);
}
