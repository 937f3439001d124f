// A worker of another version, as a process: it has the workflows, and does not know the step that WITHOUT_STEP names.
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../activities/index.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { openDatabase } from '../../database/database.ts';
import { createSecretBox } from '../../domain/secret-box.ts';
import { parseSettings } from '../../domain/settings.ts';
import { FAILURE_CONVERTER, workflowBundle } from '../../worker/workflow-bundle.ts';

const settings = parseSettings(process.env);
const home = settings.IDENTITY_CENTER_HOME;
const activities: Record<string, (...input: never[]) => Promise<unknown>> = createActivities({
  database: await openDatabase({ url: settings.DATABASE_URL as string }),
  secretBox: createSecretBox(settings.IDENTITY_CENTER_SECRET_KEY as string),
  connectors: createConnectorRegistry(),
  importDirectory: join(home, 'import'),
  pauseTimeoutMs: 3_600_000,
  logger: pino({ level: 'silent' }),
});
delete activities[process.env.WITHOUT_STEP ?? ''];
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: settings.TEMPORAL_ADDRESS as string }),
  taskQueue: settings.TEMPORAL_TASK_QUEUE,
  workflowBundle: { codePath: await workflowBundle(join(home, 'cache')) },
  activities,
  dataConverter: { failureConverterPath: FAILURE_CONVERTER },
});
process.send?.('ready');
await worker.run();
