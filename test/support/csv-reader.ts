// Reads a large CSV file through the connector and prints what it took: run under a small heap by the CSV tests.
import pg from 'pg';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { uploadedFiles } from '../../database/uploaded-file.ts';
import { decodeAll } from './decode-all.ts';

// With a database and a connection, of what was uploaded to it.
const [importDirectory, config, databaseUrl, id = 'test'] = process.argv.slice(2) as [
  string,
  string,
  ...string[],
];
const pool = databaseUrl ? new pg.Pool({ connectionString: databaseUrl }) : null;
const connector = createConnectorRegistry().open(
  { id, type: 'csv', config: JSON.parse(config) },
  { importDirectory, ...(pool && { openUploaded: uploadedFiles(pool) }) },
);
let entries = 0;
let members = 0;
let rejected = 0;
let residentBytes = 0;
for await (const page of connector.read(connector.defaultScopes(), new AbortController().signal)) {
  const decoded = decodeAll(page);
  entries += decoded.entries.length;
  rejected += decoded.rejected.length;
  for (const { memberValues } of decoded.entries) members += memberValues.length;
  residentBytes = Math.max(residentBytes, process.memoryUsage.rss());
}
await connector.close();
await pool?.end();
console.log(JSON.stringify({ entries, members, rejected, residentBytes }));
