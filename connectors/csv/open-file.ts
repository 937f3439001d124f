// Opens the files that a CSV connection names: uploaded ones first, then those of the import folder.
import type { ConnectorContext } from '../connector.ts';
import type { SourceFile } from '../source-file.ts';
import { openImportFile } from './import-file.ts';

/** Opens a file by the name that the config has for it. */
export type OpenFile = (name: string) => Promise<SourceFile>;

/**
 * An uploaded file wins: it belongs to this connection alone and is the same for every worker, while the import folder
 * is each machine's own.
 */
export function fileOpener(connectionId: string, context: ConnectorContext): OpenFile {
  return async (name) =>
    (await context.openUploaded?.(connectionId, name)) ?? openImportFile(context.importDirectory, name);
}
