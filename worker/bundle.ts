// Bundles the workflows in a process of its own: webpack takes hundreds of megabytes that a worker would never give back.

import { renameSync, writeFileSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import { FAILURE_CONVERTER, WORKFLOWS } from './workflow-bundle.ts';

const file = process.argv[2];
if (!file) throw new Error('Usage: bundle.ts <file>');
const { code } = await bundleWorkflowCode({
  workflowsPath: WORKFLOWS,
  failureConverterPath: FAILURE_CONVERTER,
});
const draft = `${file}.${process.pid}`;
writeFileSync(draft, code);
renameSync(draft, file);
