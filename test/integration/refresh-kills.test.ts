// Workers that die during the refresh of a profile: whoever goes on leaves every person right, and counts each once.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { queueRefresh } from '../../database/queries/identity-profiles/refreshes.ts';
import { type RefreshLab, refreshLab } from '../support/refresh-lab.ts';
import { until } from '../support/until.ts';

/** More than a batch. */
const PEOPLE = 11_000;
const LOAD = `
  with account as (
    insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, status, is_active,
      attributes, digest, first_seen_at, last_seen_at, updated_at)
    select $1::uuid, i::text, 'user', md5(i::text)::uuid, 'person ' || i, 'active', true,
      jsonb_build_object('country', jsonb_build_array(case when i % 100 = 0 then 'Atlantis' else 'DE' end)),
      '', now(), now(), now()
    from generate_series(1, $2::int) i
    returning id, display_name),
  person as (
    insert into person (anchor_object_id, display_name) select id, display_name from account
    returning id, anchor_object_id)
  insert into person_link (object_id, connection_id, person_id, rule, confidence)
  select anchor_object_id, $1::uuid, id, 'own person', 100 from person`;

let lab: RefreshLab;
let profile: string;

beforeAll(async () => {
  lab = await refreshLab();
  const hr = await lab.connection('HR', 10);
  const country = { type: 'accountAttribute', attributes: { sourceName: 'HR', attributeName: 'country' } };
  const region = { type: 'lookup', attributes: { input: country, table: { DE: 'EMEA' } } };
  const { rows } = await lab.pool.query(
    `update identity_profile set identity_attribute_config = $1 where connection_id = $2 returning id`,
    [
      {
        enabled: true,
        attributeTransforms: [{ identityAttributeName: 'region', transformDefinition: region }],
      },
      hr,
    ],
  );
  profile = rows[0].id;
  await lab.pool.query('select create_partitions($1)', [hr]);
  await lab.pool.query(LOAD, [hr, PEOPLE]);
  await lab.pool.query('analyze');
}, 60_000);
afterAll(() => lab?.close());

/** Holds the row of a person, so that the batch that writes it waits. */
async function holdPerson(place: number): Promise<{ reached(): Promise<void>; open(): Promise<void> }> {
  const client = await lab.pool.connect();
  await client.query('begin');
  await client.query(
    'select from person where id = (select id from person order by id offset $1 limit 1) for update',
    [place],
  );
  return {
    reached: () =>
      until('a batch to wait for the row', async () => {
        const { rowCount } = await lab.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'`,
        );
        return (rowCount ?? 0) > 0;
      }).then(() => {}),
    async open() {
      await client.query('rollback');
      client.release();
    },
  };
}

it('is completed after two kills, by two workers, with true counts', async () => {
  const [first, second] = [await holdPerson(4_000), await holdPerson(10_500)];
  const id = await queueRefresh(lab.pool, { profileId: profile, requestedBy: 'test', key: null });
  const row = async () =>
    (await lab.pool.query('select status, total, done, failed from identity_refresh where id = $1', [id]))
      .rows[0];
  let worker = await lab.sync.startWorker();
  await lab.wake();
  await first.reached();
  await worker.kill('SIGKILL');
  await first.open();
  // Nothing of that batch has happened.
  expect(await row()).toMatchObject({ status: 'running', done: 0 });
  worker = await lab.sync.startWorker();
  await until('the second batch', async () => (await row()).done === 10_000);
  await second.reached();
  await worker.kill('SIGKILL');
  await second.open();
  await Promise.all([lab.sync.startWorker(), lab.sync.startWorker()]);
  await until('the refresh to end', async () => (await row()).status !== 'running');
  expect(await row()).toEqual({ status: 'completed', total: PEOPLE, done: PEOPLE, failed: PEOPLE / 100 });
  const { rows } = await lab.pool.query(
    `select processing_state, attributes ->> 'region' as region, count(*)::int from person group by 1, 2 order by 1`,
  );
  expect(rows).toEqual([
    { processing_state: 'ERROR', region: null, count: PEOPLE / 100 },
    { processing_state: 'OK', region: 'EMEA', count: PEOPLE - PEOPLE / 100 },
  ]);
}, 180_000);
