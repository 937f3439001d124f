// The entry of the workflow bundle: what is exported here can be started by its name.
export { syncProject } from './sync-project.ts';
