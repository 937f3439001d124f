// Reads the profiles that have a say in what persons are, and the connections that their transforms may name.
import type { IdentityAttributeConfig, Source } from '../../../domain/identity-profiles/profile-config.ts';
import { type Queryable, run, sql } from '../../sql.ts';

export interface StoredProfile {
  id: string;
  connectionId: string;
  config: IdentityAttributeConfig;
  /** Changes with every save. */
  version: string;
}

/** There are tens of them: the table is read as a whole. */
export function enabledProfiles(on: Queryable): Promise<StoredProfile[]> {
  return run<StoredProfile>(
    on,
    sql`
      select id, connection_id as "connectionId", identity_attribute_config as config, updated_at::text as version
      from identity_profile where enabled`,
  );
}

/** All connections; there are tens of them. */
export function readSources(on: Queryable): Promise<Source[]> {
  return run<Source>(on, sql`select id, name from connection`);
}
