// Reads a sample of each class that a project would read, and shows what its mapping makes of it; stores nothing.
import type { CapableConnector, SourceScope } from '../connectors/connector.ts';
import { type MappingWarning, mappingWarnings, previewFields } from '../domain/mapping-preview.ts';
import type { AttributeMapping } from '../domain/object-fields.ts';
import type { Attributes, RejectedEntry, SourceEntry } from '../domain/source-entry.ts';

/** Entries that are shown, of all classes together. */
const SHOWN = 10;
/** Entries of a class that the warnings rest on. */
const SAMPLE = 200;
/** Rejected entries and notices that are shown. */
const MOST_REMARKS = 10;
const MOST_VALUES = 10;
const MOST_CHARACTERS = 300;

export interface PreviewAttribute {
  name: string;
  values: string[];
  valueCount: number;
  binary: boolean;
}

export interface ProjectPreview {
  entries: {
    sourceId: string;
    objectClass: string;
    distinguishedName: string | null;
    fields: Record<string, string | null>;
    attributes: PreviewAttribute[];
    memberCount: number;
  }[];
  warnings: MappingWarning[];
  rejected: RejectedEntry[];
  notices: string[];
  read: Record<string, number>;
}

interface Sample {
  entries: SourceEntry[];
  rejected: RejectedEntry[];
  notices: string[];
}

/** @throws AppError as the connector's reads do. */
export async function previewProject(
  connector: CapableConnector,
  scopes: SourceScope[],
  mappings: AttributeMapping[],
  signal: AbortSignal,
): Promise<ProjectPreview> {
  await connector.connect(signal);
  const samples = new Map<string, Sample>();
  for (const objectClass of new Set(scopes.map((scope) => scope.objectClass))) {
    const ofClass = scopes.filter((scope) => scope.objectClass === objectClass);
    samples.set(objectClass, await sampleOf(connector, ofClass, signal));
  }
  const all = [...samples.values()];
  const fields = previewFields(mappings);
  return {
    entries: inTurns(all.map(({ entries }) => entries)).map((entry) => ({
      sourceId: entry.sourceId,
      objectClass: entry.objectClass,
      distinguishedName: entry.distinguishedName,
      fields: fields(entry),
      attributes: [...attributesOf(entry.attributes), ...attributesOf(entry.sideAttributes)],
      memberCount: entry.memberValues.length,
    })),
    warnings: [...samples].flatMap(([name, { entries }]) => mappingWarnings(mappings, name, entries)),
    rejected: all.flatMap(({ rejected }) => rejected).slice(0, MOST_REMARKS),
    notices: [...new Set(all.flatMap(({ notices }) => notices))].slice(0, MOST_REMARKS),
    read: Object.fromEntries([...samples].map(([name, { entries }]) => [name, entries.length])),
  };
}

/** Ends the read as soon as there is enough: of a large directory, after its first page. */
async function sampleOf(
  connector: CapableConnector,
  scopes: SourceScope[],
  signal: AbortSignal,
): Promise<Sample> {
  const sample: Sample = { entries: [], rejected: [], notices: [] };
  for await (const page of connector.read(scopes, signal)) {
    sample.rejected.push(...page.rejected);
    sample.notices.push(...page.notices);
    for (const entry of page.entries.slice(0, SAMPLE - sample.entries.length)) {
      const decoded = entry.decode();
      if ('entry' in decoded) sample.entries.push(decoded.entry);
      else sample.rejected.push(decoded.rejected);
    }
    if (sample.entries.length >= SAMPLE || sample.rejected.length >= SAMPLE) break;
  }
  return sample;
}

/** One of each class after the other, until there are enough. */
function inTurns(lists: SourceEntry[][]): SourceEntry[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const taken: SourceEntry[] = [];
  for (let index = 0; index < longest && taken.length < SHOWN; index += 1)
    taken.push(...lists.flatMap((list) => list.slice(index, index + 1)));
  return taken.slice(0, SHOWN);
}

function attributesOf(attributes: Attributes): PreviewAttribute[] {
  return Object.entries(attributes).map(([name, given]) => {
    const binary = !Array.isArray(given);
    const values = Array.isArray(given) ? given : given.binary;
    const shown = values.slice(0, MOST_VALUES).map((value) => value.slice(0, MOST_CHARACTERS).toWellFormed());
    return { name, values: shown, valueCount: values.length, binary };
  });
}
