// Connections, projects, runs and their history from the command line, with a real worker.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cli, openCli } from '../support/cli.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { until } from '../support/until.ts';

const CONNECTION = 'People of HR';
const PROJECT = 'HR "everything"';
const PEOPLE = [
  'id,class,cn,mail',
  '1,user,Ann,ann@example.org',
  '2,user,Bob,bob@example.org',
  '3,group,Staff,',
];

let platform: Platform;
let cli: Cli;
let ids: { connectionId: string; projectId: string };

beforeAll(async () => {
  platform = await startPlatform();
  writePeople(PEOPLE);
  const config = { file: 'people.csv', keyColumn: 'id', classColumn: 'class' };
  ids = await platform.addProject({ name: CONNECTION, type: 'csv', config }, { name: PROJECT });
  cli = openCli({
    IDENTITY_CENTER_URL: platform.api.baseUrl,
    IDENTITY_CENTER_TOKEN: await platform.api.login(),
  });
}, 120_000);

afterAll(async () => {
  cli?.close();
  await platform?.close();
});

function writePeople(lines: string[]): void {
  mkdirSync(platform.api.importDirectory, { recursive: true });
  writeFileSync(join(platform.api.importDirectory, 'people.csv'), `${lines.join('\n')}\n`);
}

const historyOf = async () =>
  (await platform.api.get(`/api/sync/history?projectId=${ids.projectId}`)).body.data;

describe('connections', () => {
  it('are listed, for people and for scripts', async () => {
    const shown = await cli.run(['connections']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain(CONNECTION);
    const listed = await cli.run(['connections', 'list', '--search', 'people', '--type', 'csv', '--json']);
    const { body } = await platform.api.get('/api/connections?search=people&type=csv');
    expect(listed.document()).toEqual(body);
    expect(body.totalCount).toBe(1);
  });

  it('are tested by name or id', async () => {
    for (const name of [CONNECTION, ids.connectionId]) {
      const tested = await cli.run(['connections', 'test', name, '--json']);
      expect(tested.code).toBe(0);
      expect(tested.document()).toMatchObject({ data: { ok: true, checks: expect.any(Array) } });
    }
    expect((await cli.run(['connections', 'test', CONNECTION])).stdout).toContain('The connection works.');
  });

  it('that fail their test end with 9, and unknown ones with 4', async () => {
    const config = { file: 'nowhere.csv', keyColumn: 'id' };
    await platform.addProject({ name: 'broken', type: 'csv', config });
    const failed = await cli.run(['connections', 'test', 'broken']);
    expect(failed.code).toBe(9);
    expect(failed.stdout).toContain('FAILED');
    expect((await cli.run(['connections', 'test', 'Peopl'])).code).toBe(4);
    expect((await cli.run(['connections', 'test', ids.projectId])).code).toBe(4);
  });
});

describe('projects', () => {
  it('are listed', async () => {
    expect((await cli.run(['projects'])).stdout).toContain(PROJECT);
    const listed = await cli.run(['projects', '--connection', CONNECTION, '--enabled', 'true', '--json']);
    const { body } = await platform.api.get(`/api/sync/projects?connectionId=${ids.connectionId}`);
    expect(listed.document()).toEqual(body);
  });
});

describe('sync', () => {
  it('starts a run and says which', async () => {
    const started = await cli.run(['sync', PROJECT, '--mode', 'full', '--note', 'from a script', '--json']);
    expect(started.code).toBe(0);
    const { data } = started.document();
    expect(data).toMatchObject({ projectId: ids.projectId, note: 'from a script', mode: 'full' });
    expect(started.stderr).toBe('');
    const over = await platform.runWith(data.id, ['completed']);
    expect(over.counts).toMatchObject({ read: 3, created: 3 });
  }, 120_000);

  it('follows a run to its end', async () => {
    const followed = await cli.run(['sync', ids.projectId, '--follow', '--json']);
    expect(followed.code).toBe(0);
    const { data } = followed.document();
    expect(data).toMatchObject({ status: 'completed', counts: { read: 3, unchanged: 3 } });
    expect(data.steps.map((step: { name: string }) => step.name)).toContain('merge');
    expect(followed.stderr).toMatch(/^Sync: completed \(100 %\)$/m);
    const shown = await cli.run(['sync', PROJECT, '--follow']);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^Status +completed$/m);
  }, 120_000);

  it('ends with 7 when the run pauses, 130 on Ctrl-C, 6 when it is cancelled, and goes on with the override', async () => {
    writePeople(PEOPLE.slice(0, 1));
    const paused = await cli.run(['sync', PROJECT, '--follow', '--json']);
    expect(paused.code).toBe(7);
    expect(paused.document().data).toMatchObject({ status: 'paused', pauseReason: 'delete_threshold' });
    const following = cli.run(['sync', PROJECT, '-f']);
    const waiting = await until('a run to wait behind the paused one', async () =>
      (await historyOf()).find((run: { status: string }) => run.status === 'queued'),
    );
    const left = await cli.run(['sync', PROJECT, '-f'], {
      onStart: (child) =>
        child.stderr?.on('data', (chunk) => {
          if (String(chunk).includes('Sync: queued')) child.kill('SIGINT');
        }),
    });
    expect(left).toMatchObject({ code: 130, stdout: '' });
    expect((await historyOf())[0]).toMatchObject({ id: waiting.id, status: 'queued' });
    const runId = paused.document().data.id;
    const listed = await cli.run(['history', 'removals', runId, '--json']);
    expect(listed.document()).toMatchObject({ totalCount: 3, data: [{ approved: false }, {}, {}] });
    expect((await cli.run(['history', 'pause', runId])).code).toBe(1);
    for (const id of [waiting.id, runId]) {
      const told = await cli.run(['history', 'cancel', id]);
      expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('is told to cancel') });
    }
    const cancelled = await following;
    expect(cancelled.code).toBe(6);
    expect(cancelled.stdout).toMatch(/^Status +cancelled$/m);
    const forced = await cli.run(['sync', PROJECT, '--override-delete-threshold', '--follow', '--json']);
    expect(forced.code).toBe(0);
    expect(forced.document().data.counts).toMatchObject({ deactivated: 3 });
  }, 180_000);

  it('ends with 4 for a project that is not there', async () => {
    const stopped = await cli.run(['sync', 'no such project', '--follow']);
    expect(stopped.code).toBe(4);
    expect(stopped.stderr).toContain('"no such project"');
  });
});

describe('history', () => {
  it('lists runs with the filters of the API', async () => {
    const args = ['--project', PROJECT, '--status', 'completed', '--trigger', 'api', '--since', '2020-01-01'];
    const listed = await cli.run(['history', ...args, '--page-size', '1', '--json']);
    expect(listed.code).toBe(0);
    const { body } = await platform.api.get(
      `/api/sync/history?projectId=${ids.projectId}&status=completed&trigger=api&since=2020-01-01&pageSize=1`,
    );
    expect(listed.document()).toEqual(body);
    expect(body.totalCount).toBeGreaterThan(1);
    const shown = await cli.run(['history', 'list', ...args, '--page-size', '1']);
    expect(shown.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(shown.stderr).toMatch(/^Page 1 of \d+, \d+ in all/);
  });

  it('shows a run with its steps and errors', async () => {
    writePeople([...PEOPLE, ',user,Nobody,']);
    const followed = await cli.run(['sync', PROJECT, '--follow', '--json']);
    const { id } = followed.document().data;
    const shown = await cli.run(['history', 'show', id, '--json']);
    expect(shown.code).toBe(0);
    const { body } = await platform.api.get(`/api/sync/history/${id}`);
    const errors = await platform.api.get(`/api/sync/history/${id}/errors?pageSize=50`);
    expect(shown.document()).toEqual({ data: body.data, errors: errors.body });
    expect(errors.body.totalCount).toBe(1);
    const text = (await cli.run(['history', 'show', id])).stdout;
    expect(text).toContain('Errors (1 of 1):');
    expect(text).toMatch(/^connect +completed/m);
  }, 120_000);

  it('ends with 4 for a run that is not there', async () => {
    expect((await cli.run(['history', 'show', ids.projectId])).code).toBe(4);
  });
});

describeWithSlapd('a sync of a directory', () => {
  it('ends with 5 when the bind password is wrong, and says so', async () => {
    const slapd = await startSlapd({});
    const config = {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: 'not the password',
      baseDns: [slapd.baseDn],
    };
    await platform.addProject({ type: 'ldap', config }, { name: 'wrong password' });
    const failed = await cli.run(['sync', 'wrong password', '--follow', '--json']);
    await slapd.stop();
    expect(failed.code).toBe(5);
    expect(failed.document().data).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_credentials' },
    });
    expect(`${failed.stdout}${failed.stderr}`).not.toContain('not the password');
  }, 120_000);
});
