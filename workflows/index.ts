// The entry of the workflow bundle: what is exported here can be started by its name.
export { enqueueRun } from './enqueue-run.ts';
export { refreshPersons } from './identity-refresh.ts';
export { syncProject } from './sync-project.ts';
