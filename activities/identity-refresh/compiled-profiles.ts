// The enabled profiles, compiled, with what has to be read for them; compiled once as long as they do not change.
import {
  enabledProfiles,
  readSources,
  type StoredProfile,
} from '../../database/queries/identity-profiles/enabled-profiles.ts';
import { combineReads, type PersonReads } from '../../database/queries/persons/read-persons.ts';
import type { Queryable } from '../../database/sql.ts';
import {
  compileConfig,
  nameAttributes,
  namesEntitlements,
  reasonOf,
} from '../../domain/identity-profiles/profile-config.ts';
import type { CompiledProfile } from '../../domain/transforms/compile-profile.ts';

/** A profile as a batch uses it; without `profile`, nothing is computed. */
export interface ReadyProfile {
  profile: CompiledProfile | null;
  /** Attributes that hold user names. */
  nameAttributes: string[];
  /** Why what is stored cannot be served; every person of it has this as its failure. */
  broken: string | null;
}

export interface ReadyProfiles {
  byId: ReadonlyMap<string, ReadyProfile>;
  reads: PersonReads;
  /** Those of all profiles that hold user names. */
  nameAttributes: string[];
}

export type CompiledProfiles = (on: Queryable) => Promise<ReadyProfiles>;

/** Made once a refresh: what it answers with is kept until a profile is saved. */
export function createCompiledProfiles(): CompiledProfiles {
  const compiled = new Map<string, { version: string; ready: ReadyProfile }>();
  return async (on) => {
    const stored = await enabledProfiles(on);
    for (const profile of stored)
      if (compiled.get(profile.id)?.version !== profile.version)
        compiled.set(profile.id, { version: profile.version, ready: compileStored(profile) });
    const byId = new Map(
      stored.flatMap(({ id }) => {
        const ready = compiled.get(id)?.ready;
        return ready ? [[id, ready] as const] : [];
      }),
    );
    const all = [...byId.values()].flatMap(({ profile }) => (profile ? [profile.reads] : []));
    const entitlements = stored.some(({ config }) => namesEntitlements(config));
    const leading = new Map(stored.map(({ id, connectionId }) => [id, connectionId]));
    const nameAttributes = [...byId.values()].flatMap((ready) => ready.nameAttributes);
    return {
      byId,
      reads: combineReads(all, await readSources(on), { leading, entitlements }),
      nameAttributes: [...new Set(nameAttributes)],
    };
  };
}

function compileStored({ config }: StoredProfile): ReadyProfile {
  if (!config.enabled) return { profile: null, nameAttributes: [], broken: null };
  try {
    return { profile: compileConfig(config), nameAttributes: nameAttributes(config), broken: null };
  } catch (error) {
    return { profile: null, nameAttributes: [], broken: reasonOf(error) };
  }
}
