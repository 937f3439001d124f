// The two sources of the demonstration as connections and projects: an HR file, and a directory.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ApiClient, bodyOf } from '../cli/api-client.ts';
import { idOfName } from '../cli/find-named.ts';
import { StartError } from './home-folder.ts';

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

/**
 * The source as it is, or made now; its files in `home` are those of the sample.
 * @throws StartError when somebody else's connection or project has the name.
 */
export async function ensureSource(
  api: ApiClient,
  home: string,
  definition: SourceDefinition,
): Promise<DemoSource> {
  const { connection: name, project } = definition;
  const connectionId = (await ownConnection(api, definition)) ?? (await connect(api, definition));
  const projectId =
    (await ownProject(api, definition, connectionId)) ??
    bodyOf(await api.syncProjects.create({ query: {}, body: { name: project, connectionId } }), 201).data.id;
  return { name, connectionId, projectId, changedAt: copySamples(home, definition) };
}

/** @throws StartError as `ensureSource`, before anything is made. */
export async function requireOwn(api: ApiClient, definitions: SourceDefinition[]): Promise<void> {
  for (const definition of definitions) await ownConnection(api, definition);
}

/** Known by the file that it reads: in a database of one's own, somebody may have given the name to another source. */
async function ownConnection(
  api: ApiClient,
  { connection: name, file }: SourceDefinition,
): Promise<string | null> {
  const id = await idOfName(api, 'connections', name);
  if (id === null) return null;
  const { data } = bodyOf(await api.connections.get({ params: { id }, query: {} }), 200);
  if (data.type === 'csv' && data.config.file === pathOf(file)) return id;
  throw notOurs(`connection \`${name}\``, `it does not read \`${pathOf(file)}\``);
}

async function ownProject(
  api: ApiClient,
  { connection, project: name }: SourceDefinition,
  connectionId: string,
): Promise<string | null> {
  const id = await idOfName(api, 'syncProjects', name);
  if (id === null) return null;
  const { data } = bodyOf(await api.syncProjects.get({ params: { id }, query: {} }), 200);
  if (data.connectionId === connectionId) return id;
  throw notOurs(`sync project \`${name}\``, `its connection is not \`${connection}\``);
}

/** @param what has the name of something of the demonstration @param why it is somebody else's, as a clause */
export function notOurs(what: string, why: string): StartError {
  return new StartError(
    `The ${what} of this database is not the demonstration's: ${why}.\nRename it, or start the demonstration on a ` +
      'database that has nothing else: without DATABASE_URL it brings one.',
  );
}

/** In the folder of imports. */
function pathOf(file: string): string {
  return `sample/${file}`;
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
    file: pathOf(file),
    keyColumn,
    ...(classColumn && { classColumn }),
    ...(membershipFile && { membershipFile: pathOf(membershipFile) }),
  };
  return bodyOf(await api.connections.create({ query: {}, body: { name, type: 'csv', config } }), 201).data
    .id;
}
