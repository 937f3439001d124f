// Recorded syncs and refreshes replayed through the workflows as they are now: what is under way survives a new version.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { FAILURE_CONVERTER, workflowBundle } from '../../worker/workflow-bundle.ts';
import { type RecordedHistory, toMessages } from '../support/recorded-history.ts';

const HISTORIES = join(import.meta.dirname, 'histories');
const NAMES = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));

function recorded(file: string): RecordedHistory {
  return JSON.parse(readFileSync(join(HISTORIES, file), 'utf8'));
}

/** Everything in a history as text, with the payloads in clear. */
function decoded(value: unknown, key = ''): string {
  if (typeof value === 'string') return key === 'data' ? String(Buffer.from(value, 'base64')) : value;
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${decoded(inner, name)}`)
    .join('\n');
}

describe('recorded histories', () => {
  let folder: string;
  let options: Parameters<typeof Worker.runReplayHistory>[0];

  beforeAll(async () => {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
    });
    folder = mkdtempSync(join(tmpdir(), 'identity-center-replay-'));
    options = {
      workflowBundle: { codePath: await workflowBundle(folder) },
      dataConverter: { failureConverterPath: FAILURE_CONVERTER },
    };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(NAMES)('%s continues with the workflows of now', async (name) => {
    await Worker.runReplayHistory(options, toMessages(recorded(name)));
  });

  it('are told from workflows that go another way', async () => {
    const history = recorded('completed.json');
    const step = history.events.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'mergeObjects',
    );
    if (step?.activityTaskScheduledEventAttributes)
      step.activityTaskScheduledEventAttributes.activityType.name = 'mergeOtherwise';
    await expect(Worker.runReplayHistory(options, toMessages(history))).rejects.toThrow(/mergeOtherwise/);
  });

  it('hold what their names say', () => {
    const ends = (name: string) => recorded(`${name}.json`).events.at(-1)?.eventType;
    expect(ends('completed')).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    expect(ends('continued-as-new')).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    const steps = (name: string) =>
      recorded(`${name}.json`).events.flatMap(
        (event) => event.activityTaskScheduledEventAttributes?.activityType.name ?? [],
      );
    expect(steps('paused-and-resumed')).toContain('resumeRun');
    expect(steps('paused-and-cancelled')).toContain('pauseRun');
    expect(steps('cancelled').at(-2)).not.toBe('cleanUp');
    expect(ends('refresh-completed')).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    expect(steps('refresh-completed')).toEqual(expect.arrayContaining(['refreshWanted', 'refreshPart']));
    expect(ends('refresh-continued-as-new')).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
    const failures = recorded('refresh-failed.json').events.map(({ eventType }) => eventType);
    expect(failures).toContain('EVENT_TYPE_ACTIVITY_TASK_FAILED');
    expect(steps('refresh-failed')).toContain('closeRefresh');
  });

  it.each(NAMES)('%s names no machine, no process and no path of where it was recorded', (name) => {
    const text = decoded(recorded(name));
    expect(text).not.toMatch(/(^|[\s"'])\/(home|root|tmp|usr|var|work|Users)\//);
    expect(text).not.toMatch(/\d+@/);
    expect(text.split(/[^\w.-]+/)).not.toContain(hostname());
  });
});
