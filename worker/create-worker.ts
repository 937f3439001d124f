// Puts a Temporal worker together out of the activities and the bundled workflows.
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { ActivityDependencies } from '../activities/dependencies.ts';
import { createActivities } from '../activities/index.ts';
import type { Settings } from '../domain/settings.ts';
import { FAILURE_CONVERTER } from './workflow-bundle.ts';

export interface WorkerOptions {
  settings: Pick<Settings, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_TASK_QUEUE'>;
  connection: NativeConnection;
  /** File of the bundled workflows. */
  bundle: string;
  activities: ActivityDependencies;
}

export function createWorker({ settings, connection, bundle, activities }: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: settings.TEMPORAL_NAMESPACE,
    taskQueue: settings.TEMPORAL_TASK_QUEUE,
    workflowBundle: { codePath: bundle },
    activities: createActivities(activities),
    dataConverter: { failureConverterPath: FAILURE_CONVERTER },
    // A step holds a page of entries and a connection or two of the pool.
    maxConcurrentActivityTaskExecutions: 8,
    // Few open polls: a worker that hangs swallows as many tasks before their time-outs move them on.
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentWorkflowTaskPolls: 2,
    maxCachedWorkflows: 100,
    // A step that is to stop hears of it with the answer to its next heartbeat (default 30 s).
    maxHeartbeatThrottleInterval: '1 second',
    // How long the workflows of a worker that died wait for it before another one takes them (default 10 s).
    stickyQueueScheduleToStartTimeout: '2 seconds',
    shutdownGraceTime: '5 seconds',
    shutdownForceTime: '10 seconds',
  });
}
