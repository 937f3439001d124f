// The two sources of the demonstration as connections and projects: an HR file, and a directory.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ApiClient, bodyOf } from '../cli/api-client.ts';
import { idOfName } from '../cli/find-named.ts';

const SAMPLES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'samples');

interface SourceDefinition {
  connection: string;
  project: string;
  file: string;
  keyColumn: string;
  classColumn?: string;
  membershipFile?: string;
}

export const HR_FILE = {
  connection: 'HR file',
  project: 'HR file: employees',
  file: 'employees.csv',
  keyColumn: 'employee_id',
} as const satisfies SourceDefinition;

export const DIRECTORY = {
  connection: 'Sample directory',
  project: 'Sample directory: everything',
  file: 'people.csv',
  keyColumn: 'id',
  classColumn: 'class',
  membershipFile: 'memberships.csv',
} as const satisfies SourceDefinition;

export interface DemoSource {
  name: string;
  connectionId: string;
  projectId: string;
  /** When its files came to be as they are. */
  changedAt: Date;
}

/** The source as it is, or made now; its files in `home` are those of the sample. */
export async function ensureSource(
  api: ApiClient,
  home: string,
  definition: SourceDefinition,
): Promise<DemoSource> {
  const changedAt = copySamples(home, definition);
  const { connection: name, project } = definition;
  const connectionId = (await idOfName(api, 'connections', name)) ?? (await connect(api, definition));
  const projectId =
    (await idOfName(api, 'syncProjects', project)) ??
    bodyOf(await api.syncProjects.create({ query: {}, body: { name: project, connectionId } }), 201).data.id;
  return { name, connectionId, projectId, changedAt };
}

/** What is there already is left alone, so that its time tells when it changed. */
function copySamples(home: string, { file, membershipFile }: SourceDefinition): Date {
  const folder = join(home, 'import', 'sample');
  mkdirSync(folder, { recursive: true });
  const times = [file, membershipFile]
    .filter((name) => name !== undefined)
    .map((name) => {
      const [from, to] = [join(SAMPLES, name), join(folder, name)];
      if (!existsSync(to) || !readFileSync(from).equals(readFileSync(to))) copyFileSync(from, to);
      return statSync(to).mtimeMs;
    });
  return new Date(Math.max(...times));
}

/** @returns its id */
async function connect(api: ApiClient, definition: SourceDefinition): Promise<string> {
  const { connection: name, file, keyColumn, classColumn, membershipFile } = definition;
  const config = {
    file: `sample/${file}`,
    keyColumn,
    ...(classColumn && { classColumn }),
    ...(membershipFile && { membershipFile: `sample/${membershipFile}` }),
  };
  return bodyOf(await api.connections.create({ query: {}, body: { name, type: 'csv', config } }), 201).data
    .id;
}
