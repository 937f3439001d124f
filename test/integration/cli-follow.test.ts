// `sync --follow` where the stream of events is refused, dropped, or cut again and again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lockConnection } from '../../database/run-fence.ts';
import { transaction } from '../../database/sql.ts';
import { type Cli, openCli } from '../support/cli.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { type StreamBreaker, startStreamBreaker } from '../support/stream-breaker.ts';
import { until } from '../support/until.ts';

describe('following a run without its stream', () => {
  let platform: Platform;
  let breaker: StreamBreaker;
  let cli: Cli;
  let ids: { connectionId: string; projectId: string };

  beforeAll(async () => {
    platform = await startPlatform();
    mkdirSync(platform.api.importDirectory, { recursive: true });
    writeFileSync(join(platform.api.importDirectory, 'people.csv'), 'id,cn\n1,Ann\n2,Bob\n');
    const config = { file: 'people.csv', keyColumn: 'id' };
    ids = await platform.addProject({ type: 'csv', config });
    breaker = await startStreamBreaker(platform.api.baseUrl);
    cli = openCli({ IDENTITY_CENTER_URL: breaker.url, IDENTITY_CENTER_TOKEN: await platform.api.login() });
  }, 120_000);

  afterAll(async () => {
    cli?.close();
    await breaker?.close();
    await platform?.close();
  });

  const follow = () => cli.run(['sync', ids.projectId, '--mode', 'full', '--follow', '--json']);

  it.each(['refused', 'dropped'] as const)(
    'is told the end when it is %s',
    async (streams) => {
      Object.assign(breaker, { streams, asked: 0 });
      const followed = await follow();
      expect(followed.code).toBe(0);
      expect(followed.document().data).toMatchObject({ status: 'completed', counts: { read: 2 } });
      expect(followed.stderr).toMatch(/^Sync: completed \(100 %\)$/m);
      expect(breaker.asked).toBe(1);
    },
    60_000,
  );

  it('is told the end when it is cut after each event, and does not ask without a break', async () => {
    Object.assign(breaker, { streams: 'cut', asked: 0 });
    const following = follow();
    let asked = 0;
    // Held for a while, so that there is something to follow.
    await transaction(platform.api.database.pool, async (client) => {
      await lockConnection(client, ids.connectionId);
      await until('the stream to be cut', () => breaker.asked > 0);
      asked = breaker.asked;
      const from = Date.now();
      await until('two seconds to pass', () => Date.now() - from > 2_000);
      asked = breaker.asked - asked;
    });
    const followed = await following;
    expect(followed.code).toBe(0);
    expect(followed.document().data).toMatchObject({ status: 'completed' });
    expect(followed.stderr).not.toContain('asked too often');
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(20);
  }, 60_000);
});
