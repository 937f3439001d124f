// Opens the connector of a run's connection, with its secrets decrypted, and closes it after the work.
import type { CapableConnector } from '../../connectors/connector.ts';
import { uploadedFiles } from '../../database/uploaded-file.ts';
import type { StepContext } from './run-step.ts';

export async function withConnector<T>(
  { deps, plan }: StepContext,
  work: (connector: CapableConnector) => Promise<T>,
): Promise<T> {
  const secrets = Object.fromEntries(
    Object.entries(plan.secrets).map(([field, sealed]) => [
      field,
      deps.secretBox.open(sealed, `connection:${plan.connectionId}:${field}`),
    ]),
  );
  const connector = deps.connectors
    .definition(plan.connectionType)
    .open(
      { id: plan.connectionId, type: plan.connectionType, config: { ...plan.config, ...secrets } },
      { importDirectory: deps.importDirectory, openUploaded: uploadedFiles(deps.database.pool) },
    );
  try {
    return await work(connector);
  } finally {
    await connector.close();
  }
}
