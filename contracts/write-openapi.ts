// Writes contracts/openapi.json, so that a change of the contract shows in review: `npm run contract`.
import { readFileSync, writeFileSync } from 'node:fs';
import { createOpenApiDocument } from './openapi.ts';

const FILE = new URL('./openapi.json', import.meta.url);

/** The document as it is committed: two-space JSON. */
export function committedOpenApi(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return `${JSON.stringify(createOpenApiDocument(version), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(FILE, committedOpenApi());
