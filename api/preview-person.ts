// Computes one person's identity attributes by a configuration that may not be saved yet, and writes nothing.
import type pg from 'pg';
import { enabledProfiles, readSources } from '../database/queries/identity-profiles/enabled-profiles.ts';
import { accountAttributes } from '../database/queries/persons/account-attributes.ts';
import { unlistedAttributes } from '../database/queries/persons/keep-names.ts';
import { combineReads, readPerson } from '../database/queries/persons/read-persons.ts';
import { takenNames } from '../database/queries/persons/taken-names.ts';
import { evaluatePersons, failuresOf } from '../domain/identity-profiles/evaluate-persons.ts';
import { type PreviewWarning, previewWarnings } from '../domain/identity-profiles/preview-warnings.ts';
import {
  accountReads,
  checkConfig,
  compileConfig,
  findSource,
  type IdentityAttributeConfig,
  nameAttributes,
  namesEntitlements,
  type Source,
} from '../domain/identity-profiles/profile-config.ts';
import { attributeText } from '../domain/transforms/attribute-text.ts';
import { NameBook } from '../domain/transforms/name-book.ts';
import { invalidRequest } from './http/validation-errors.ts';

interface PersonPreview {
  personId: string;
  attributes: { name: string; value: string | null; previousValue: string | null; error: string | null }[];
  warnings: PreviewWarning[];
}

/** @throws AppError `invalid_request` for a person that there is not, or a transform that cannot be served. */
export async function previewPerson(
  pool: pg.Pool,
  personId: string,
  config: IdentityAttributeConfig,
): Promise<PersonPreview> {
  const sources = await readSources(pool);
  requireServable(config, sources);
  const profile = compileConfig(config);
  const leading = new Map(
    (await enabledProfiles(pool)).map(({ id, connectionId }) => [id, connectionId] as const),
  );
  const reads = combineReads([profile.reads], sources, { leading, entitlements: namesEntitlements(config) });
  const person = await readPerson(pool, personId, reads);
  if (!person) throw invalidRequest([{ path: 'body.personId', message: 'there is no person with this ID' }]);
  const unlisted = await unlistedAttributes(pool, nameAttributes(config));
  const lookUp = (names: readonly string[]) => takenNames(pool, names, unlisted);
  const [result] = await evaluatePersons(
    profile,
    [person],
    { names: new NameBook(), now: Date.now() },
    lookUp,
  );
  const errors = (result && failuresOf(result)) ?? {};
  return {
    personId: person.id,
    attributes: config.attributeTransforms.map(({ identityAttributeName: name }) => ({
      name,
      value: result?.attributes[name] ?? null,
      previousValue: attributeText(person.stored(name)),
      error: Object.hasOwn(errors, name) ? (errors[name] ?? null) : null,
    })),
    warnings: await warningsOf(pool, person.id, config, sources),
  };
}

async function warningsOf(
  pool: pg.Pool,
  personId: string,
  config: IdentityAttributeConfig,
  sources: readonly Source[],
): Promise<PreviewWarning[]> {
  const mappings = accountReads(config);
  const read = mappings.flatMap(({ accounts }) => accounts).flatMap((of) => findSource(sources, of) ?? []);
  const ids = [...new Set(read.map(({ id }) => id))];
  return previewWarnings(mappings, sources, await accountAttributes(pool, personId, ids));
}

/** @throws AppError `invalid_request` with each transform that cannot be served, and why. */
export function requireServable(
  config: IdentityAttributeConfig,
  sources: Parameters<typeof checkConfig>[1],
): void {
  const problems = checkConfig(config, sources, 'body.identityAttributeConfig');
  if (problems.length > 0)
    // One way to write a place in a list, as the schemas have it: `attributeTransforms.0`.
    throw invalidRequest(
      problems.map(({ path, message }) => ({ path: path.replace(/\[(\d+)\]/g, '.$1'), message })),
    );
}
