// Writes identity profiles, and notes what follows of that for persons: a refresh, and other ranks of connections.
// Configurations are json, not jsonb, which would sort the tables of transforms: their order counts.
import type { IdentityAttributeConfig, Source } from '../../../domain/identity-profiles/profile-config.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import { rowVersion } from '../row-version.ts';

export interface ProfileSettings {
  name: string;
  description: string | null;
  ownerId: string | null;
  priority: number;
  connectionId: string;
  enabled: boolean;
  config: IdentityAttributeConfig;
  hasTimeBasedAttr: boolean;
}

/** The stored settings with their version, locked against others that would save. Served by the primary key. */
export function lockProfile(
  on: Queryable,
  id: string,
): Promise<(Omit<ProfileSettings, 'hasTimeBasedAttr'> & { version: string }) | undefined> {
  return runOne(
    on,
    sql<Omit<ProfileSettings, 'hasTimeBasedAttr'> & { version: string }>`
      select name, description, owner_id as "ownerId", priority, connection_id as "connectionId", enabled,
             identity_attribute_config as config,
             ${rowVersion('identity_profile')} as version
      from identity_profile where id = ${id}::uuid for update`,
  );
}

/** Answers with the new profile's id. */
export async function insertProfile(on: Queryable, settings: ProfileSettings): Promise<string> {
  const row = await runOne<{ id: string }>(
    on,
    sql`
      insert into identity_profile (name, description, owner_id, priority, connection_id, enabled,
                                    identity_attribute_config, has_time_based_attr)
      values (${settings.name}, ${settings.description}, ${settings.ownerId}::uuid, ${settings.priority},
              ${settings.connectionId}::uuid, ${settings.enabled}, ${JSON.stringify(settings.config)}::json,
              ${settings.hasTimeBasedAttr})
      returning id`,
  );
  if (!row) throw new Error('insertProfile: nothing was inserted');
  return row.id;
}

/** Served by the primary key. */
export async function updateProfile(on: Queryable, id: string, settings: ProfileSettings): Promise<void> {
  await run(
    on,
    sql`
      update identity_profile set name = ${settings.name}, description = ${settings.description},
        owner_id = ${settings.ownerId}::uuid, priority = ${settings.priority},
        connection_id = ${settings.connectionId}::uuid, enabled = ${settings.enabled},
        identity_attribute_config = ${JSON.stringify(settings.config)}::json,
        has_time_based_attr = ${settings.hasTimeBasedAttr}, identity_refresh_required = true,
        updated_at = clock_timestamp()
      where id = ${id}::uuid`,
  );
}

/** Deletes the profile; its persons wait for a refresh. Served by person_profile. */
export async function deleteProfile(on: Queryable, id: string): Promise<void> {
  await run(
    on,
    sql`
      with left_behind as (
        update person set identity_profile_id = null
        where identity_profile_id = ${id}::uuid and dissolved_at is null returning id)
      insert into refresh_wanted (person_id) select id from left_behind on conflict do nothing`,
  );
  await run(on, sql`delete from identity_profile where id = ${id}::uuid`);
}

/** A connection by id or name, held until the transaction ends so that it is not deleted. */
export function holdConnection(
  on: Queryable,
  { id, name }: { id?: string | undefined; name?: string | undefined },
): Promise<{ id: string } | undefined> {
  return runOne(
    on,
    sql<{ id: string }>`
      select id from connection
      where ${id === undefined ? sql`name = ${name}` : sql`id = ${id}::uuid`} for share`,
  );
}

/** Those of these connections that are there, held until the transaction ends: neither deleted nor renamed. */
export function holdSources(on: Queryable, ids: readonly string[]): Promise<Source[]> {
  return run<Source>(
    on,
    sql`select id, name from connection where id = any(${ids}::uuid[]) order by id for share`,
  );
}

/** Whether there is such a person, with accounts; served by the primary key. */
export async function personExists(on: Queryable, id: string): Promise<boolean> {
  return (
    (await runOne(on, sql`select 1 from person where id = ${id}::uuid and dissolved_at is null`)) !==
    undefined
  );
}
