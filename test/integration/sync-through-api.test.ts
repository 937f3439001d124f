// A directory of 5,000 awkward names synced and read back over HTTP, and the password looked for everywhere.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { generateDirectory } from '../../bench/generate-directory.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { run, sql, transaction } from '../../database/sql.ts';
import { syncProjectWorkflowId } from '../../workflows/messages.ts';
import { expectStoredEqualsDirectory } from '../support/compare-state.ts';
import { testEnvironment } from '../support/environment.ts';
import { searchSlapd } from '../support/ldapsearch.ts';
import { OVER, type Platform, startPlatform } from '../support/platform.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { until } from '../support/until.ts';

const USERS = 5_000;

describeWithSlapd('the platform, from a directory to the API', () => {
  let slapd: Slapd;
  let platform: Platform;
  let folder: string;
  let ids: { connectionId: string; projectId: string };
  let generated: { users: number; groups: number; objects: number; memberships: number };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'identity-center-api-sync-'));
    const ldif = join(folder, 'directory.ldif');
    generated = await generateDirectory(ldif, { users: USERS, awkward: true });
    slapd = await startSlapd({ ldif: { file: ldif } });
    platform = await startPlatform();
    ids = await platform.addProject({ type: 'ldap', config: ldapConfig() });
  });

  afterAll(async () => {
    await platform?.close();
    await slapd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ldapConfig = () => ({
    url: slapd.url,
    bindDn: slapd.rootDn,
    bindPassword: slapd.rootPassword,
    baseDns: [slapd.baseDn],
  });

  it('stores every attribute and membership as ldapsearch shows them, without an error', async () => {
    const over = await platform.sync(ids.projectId);
    expect(over).toMatchObject({ status: 'completed', error: null, progress: { percent: 100 } });
    expect(over.counts).toMatchObject({
      read: generated.objects,
      created: generated.objects,
      errors: 0,
      membershipsAdded: generated.memberships,
    });
    await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
  }, 120_000);

  it('serves users, their attributes, groups and changes, with exact totals', async () => {
    const { api } = platform;
    const users = await api.get(`/api/users?connectionId=${ids.connectionId}&pageSize=200`);
    expect(users.body.totalCount).toBe(USERS);
    const groups = await api.get('/api/groups?pageSize=200');
    expect(groups.body.totalCount).toBe(generated.groups);
    const group = groups.body.data.find((found: { memberCount: number }) => found.memberCount > 5);
    const members = await api.get(`/api/groups/${group.id}/members?pageSize=200`);
    expect(members.body.totalCount).toBe(group.memberCount);
    const managed = users.body.data.find((user: { managerId: string | null }) => user.managerId);
    expect((await api.get(`/api/users/${managed.managerId}`)).status).toBe(200);
    const entries = await searchSlapd(slapd);
    const entry = entries.find((found) => String(found.attributes.get('entryUUID')) === managed.sourceId);
    const attributes = await api.get(`/api/users/${managed.id}/attributes?pageSize=200`);
    for (const [name, values] of entry?.attributes ?? []) {
      if (name === 'userPassword') continue;
      const served = attributes.body.data.find((attribute: { name: string }) => attribute.name === name);
      expect({ name, values: new Set(served?.values) }).toEqual({
        name,
        values: new Set(values.map((value) => (served?.binary ? value.toString('base64') : String(value)))),
      });
    }
    const changes = await api.get(`/api/users/${managed.id}/changes`);
    expect(changes.body.data).toMatchObject([{ kind: 'created' }]);
  });

  it('joins triggers that arrive during a run, and runs what was queued', async () => {
    const { api } = platform;
    const path = `/api/sync/projects/${ids.projectId}/run`;
    const first = await api.post(path);
    expect(first.headers.get('location')).toBe(`/api/sync/history/${first.body.data.id}`);
    await platform.runWith(first.body.data.id, ['running']);
    const [second, third] = await Promise.all([api.post(path), api.post(path)]);
    expect([second.status, third.status]).toEqual([202, 202]);
    expect(second.body.data.id).toBe(third.body.data.id);
    expect(second.body.data.id).not.toBe(first.body.data.id);
    const over = await platform.runWith(second.body.data.id, OVER);
    expect(over).toMatchObject({ status: 'completed', counts: { unchanged: generated.objects, created: 0 } });
    const earlier = await platform.runWith(first.body.data.id, OVER);
    expect(new Date(over.startedAt).getTime()).toBeGreaterThanOrEqual(new Date(earlier.finishedAt).getTime());
  }, 120_000);

  it('cancels a run that is going, and leaves what is stored whole', async () => {
    const { api } = platform;
    const { body } = await transaction(api.database.pool, async (client) => {
      // Holds the connection's turn, so that the run is still going when it is cancelled.
      await lockConnection(client, ids.connectionId);
      const answer = await api.post(`/api/sync/projects/${ids.projectId}/run`);
      await until('the run to wait for its turn', async () => {
        const details = await api.get(`/api/sync/history/${answer.body.data.id}`);
        return details.body.data.steps.some(
          (step: { name: string; status: string }) =>
            step.name === 'memberships' && step.status === 'running',
        );
      });
      expect((await api.post(`/api/sync/history/${answer.body.data.id}/cancel`)).status).toBe(202);
      return answer;
    });
    const over = await platform.runWith(body.data.id, OVER);
    expect(over.status).toBe('cancelled');
    expect((await api.post(`/api/sync/history/${body.data.id}/cancel`)).status).toBe(409);
    await expectStoredEqualsDirectory(api.database.pool, ids.connectionId, slapd);
  }, 120_000);

  it('retires nothing of another project on the same connection', async () => {
    const { api } = platform;
    const { body } = await api.post('/api/sync/projects', {
      name: 'groups only',
      connectionId: ids.connectionId,
      scopes: [{ objectClass: 'group' }],
    });
    const over = await platform.sync(body.data.id);
    expect(over.counts).toMatchObject({
      read: generated.groups,
      unchanged: generated.groups,
      deactivated: 0,
    });
    const again = await platform.sync(ids.projectId);
    expect(again.counts).toMatchObject({ unchanged: generated.objects, deactivated: 0 });
    expect((await api.delete(`/api/sync/projects/${body.data.id}`)).status).toBe(204);
    expect((await api.get('/api/groups')).body.totalCount).toBe(generated.groups);
  }, 120_000);

  it('tells within seconds that the server is gone, after visible retries', async () => {
    const { projectId } = await platform.addProject(
      { type: 'ldap', config: { ...ldapConfig(), url: 'ldap://127.0.0.1:1' } },
      { scopes: [{ objectClass: 'user' }] },
    );
    const { body } = await platform.api.post(`/api/sync/projects/${projectId}/run`);
    const retrying = await until('a visible retry', async () => {
      const answer = await platform.api.get(`/api/sync/history/${body.data.id}`);
      const connect = answer.body.data.steps.find((step: { name: string }) => step.name === 'connect');
      return connect?.attempt > 1 ? connect : null;
    });
    expect(retrying.error).toMatchObject({ code: 'connection_refused' });
    const over = await platform.runWith(body.data.id, OVER);
    expect(over).toMatchObject({ status: 'failed', error: { code: 'connection_refused' } });
    expect(over.durationMs).toBeLessThan(30_000);
    const failed = await platform.api.get('/api/sync/history?status=failed');
    expect(failed.body.data.map((found: { id: string }) => found.id)).toContain(over.id);
  });

  it('keeps the password out of answers, logs, errors, Temporal and the database', async () => {
    const { api, worker } = platform;
    const secret = slapd.rootPassword;
    const wrong = 'a-wrong-password-to-look-for';
    const { projectId, connectionId } = await platform.addProject({
      type: 'ldap',
      config: { ...ldapConfig(), bindPassword: wrong },
    });
    const failed = await platform.sync(projectId);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'invalid_credentials' } });
    const tested = await api.post(`/api/connections/${connectionId}/test`);
    expect(tested.body.data.ok).toBe(false);

    const answers = await Promise.all(
      [
        `/api/connections/${ids.connectionId}`,
        `/api/connections/${connectionId}`,
        '/api/connections',
        `/api/sync/history/${failed.id}`,
        `/api/sync/history/${failed.id}/errors`,
        '/api/sync/history',
      ].map(async (path) => (await api.get(path)).text),
    );
    expect(answers[0]).toContain('"bindPassword":{"set":true}');

    const connection = await Connection.connect({ address: testEnvironment().temporalAddress });
    const client = new Client({ connection });
    const histories = await Promise.all(
      [ids.projectId, projectId].map(async (id) =>
        JSON.stringify(
          await client.workflow.getHandle(syncProjectWorkflowId(id)).fetchHistory(),
          (_key, value) =>
            value?.type === 'Buffer' || value instanceof Uint8Array
              ? Buffer.from(value.data ?? value).toString()
              : value,
        ),
      ),
    );
    await connection.close();
    expect(histories[0]).toContain('readSource');

    const [stored] = await run<{ text: string }>(
      api.database.pool,
      sql`select concat((select jsonb_agg(to_jsonb(c)) from connection c), (select jsonb_agg(to_jsonb(r)) from sync_run r),
                        (select jsonb_agg(to_jsonb(s)) from sync_run_step s), (select jsonb_agg(to_jsonb(e)) from sync_run_error e)) as text`,
    );
    const places = { answers, histories, stored: stored?.text, api: api.logLines, worker: worker.log() };
    for (const [place, text] of Object.entries(places))
      for (const hidden of [secret, wrong])
        expect({ place, found: JSON.stringify(text).includes(hidden) }).toEqual({ place, found: false });
  });

  it('is found in Temporal by its project', async () => {
    const connection = await Connection.connect({ address: testEnvironment().temporalAddress });
    const client = new Client({ connection });
    const found = await until('the workflow in the list', async () => {
      const list = client.workflow.list({ query: `IdentityCenterProjectId = "${ids.projectId}"` });
      for await (const workflow of list) return workflow;
      return null;
    });
    expect(found.workflowId).toBe(syncProjectWorkflowId(ids.projectId));
    await connection.close();
  });
});
