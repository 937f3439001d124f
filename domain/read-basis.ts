// What a watermark holds for: when the scopes, mappings or connection of a project change, so does what was read before.
import { hash } from 'node:crypto';
import { mappingDigest } from './fingerprint.ts';
import type { AttributeMapping } from './object-fields.ts';

/** Digests of all that decides which entries a read brings, and what is made of them. */
export interface ReadBasis {
  scopes: string;
  mappings: string;
  connection: string;
}

/** Settings that change how a source is asked, not what it answers. */
const TUNING = new Set(['pageSize', 'connectTimeoutMs', 'readTimeoutMs', 'changeOverlapSeconds', 'readOnly']);

const CHANGED: Record<keyof ReadBasis, string> = {
  scopes: "the project's scopes have changed",
  mappings: "the project's attribute mappings have changed",
  connection: 'the connection leads elsewhere, or reads as another account',
};

export function readBasis(project: {
  scopes: { objectClass: string; baseDn: string | null; filter: string | null }[];
  attributeMappings: AttributeMapping[];
  connectionType: string;
  config: Record<string, unknown>;
}): ReadBasis {
  const classes = [...new Set(project.scopes.map((scope) => scope.objectClass))].sort();
  const config = Object.entries(project.config)
    .filter(([name]) => !TUNING.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    scopes: digest(project.scopes.map(({ objectClass, baseDn, filter }) => [objectClass, baseDn, filter])),
    mappings: digest(classes.map((name) => mappingDigest(project.attributeMappings, name))),
    connection: digest([project.connectionType, config]),
  };
}

/** What changed, so that a read of changes would not do, as a clause; null where it does. */
export function basisChange(before: ReadBasis, now: ReadBasis): string | null {
  const names = Object.keys(CHANGED) as (keyof ReadBasis)[];
  const changed = names.filter((name) => before[name] !== now[name]).map((name) => CHANGED[name]);
  return changed.length === 0 ? null : changed.join(', and ');
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'hex').slice(0, 32);
}
