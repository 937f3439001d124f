// `npm start`: the whole platform on one machine, without sample data, until Ctrl-C.
import { runCommand } from './command.ts';

const HELP = `npm start [-- --reset]
  Starts PostgreSQL 18 and Temporal (unless DATABASE_URL and TEMPORAL_ADDRESS name others), the API and a worker.
  --reset  deletes the embedded data first`;

await runCommand({
  name: 'npm start',
  help: HELP,
  async onReady(runtime, home) {
    console.log(`
IdentityCenter is running.
  API          ${runtime.apiUrl}/api
  API docs     ${runtime.apiUrl}/api/docs
  Temporal UI  ${runtime.temporalUiUrl ?? '(not ours: see TEMPORAL_ADDRESS)'}
  PostgreSQL   ${runtime.postgresPort ? `port ${runtime.postgresPort}` : '(not ours: see DATABASE_URL)'}
  Data, logs   ${home.path}
Ctrl-C stops it; the data stays.`);
  },
});
