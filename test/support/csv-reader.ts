// Reads a large CSV file through the connector and prints what it took: run under a small heap by the CSV tests.
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { decodeAll } from './decode-all.ts';

const [importDirectory, config] = process.argv.slice(2) as [string, string];
const connector = createConnectorRegistry().open(
  { id: 'test', type: 'csv', config: JSON.parse(config) },
  { importDirectory },
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
console.log(JSON.stringify({ entries, members, rejected, residentBytes }));
