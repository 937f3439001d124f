// The platform with a CSV connection, and Temporal's own client to look at the schedules that its projects have there.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  Connection,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { syncScheduleId } from '../../workflows/messages.ts';
import { testEnvironment } from './environment.ts';
import { type Platform, startPlatform } from './platform.ts';

/** Far from now, so that nothing starts by itself while a test looks. */
export const YEARLY = { cron: '17 3 14 7 *', timeZone: 'Europe/Berlin' };

export interface ScheduleLab {
  platform: Platform;
  client: Client;
  connectionId: string;
  /** Answers with the project's id. */
  addProject(project?: object): Promise<string>;
  handleOf(projectId: string): ScheduleHandle;
  inTemporal(projectId: string): Promise<ScheduleDescription | null>;
  /** Removes a schedule at the end that no project was added for. */
  removeAtEnd(projectId: string): void;
  close(): Promise<void>;
}

export async function openScheduleLab(): Promise<ScheduleLab> {
  const platform = await startPlatform();
  const connection = await Connection.connect({ address: testEnvironment().temporalAddress });
  const client = new Client({ connection });
  mkdirSync(platform.api.importDirectory, { recursive: true });
  writeFileSync(join(platform.api.importDirectory, 'people.csv'), 'id,displayName\n1,Ada\n2,Grace\n');
  const config = { file: 'people.csv', keyColumn: 'id' };
  const { connectionId } = await platform.addProject({ type: 'csv', config });
  const scheduled: string[] = [];
  const handleOf = (projectId: string) => client.schedule.getHandle(syncScheduleId(projectId));
  return {
    platform,
    client,
    connectionId,
    handleOf,
    async addProject(project = { schedule: YEARLY }) {
      const body = { name: randomUUID(), connectionId, scopes: [{ objectClass: 'user' }], ...project };
      const answer = await platform.api.post('/api/sync/projects', body);
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
      scheduled.push(answer.body.data.id);
      return answer.body.data.id;
    },
    inTemporal: (projectId) =>
      handleOf(projectId)
        .describe()
        .catch((error) => {
          if (error instanceof ScheduleNotFoundError) return null;
          throw error;
        }),
    removeAtEnd: (projectId) => scheduled.push(projectId),
    async close() {
      for (const id of scheduled)
        await handleOf(id)
          .delete()
          .catch(() => {});
      await connection.close();
      await platform.close();
    },
  };
}
