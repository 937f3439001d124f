// How sure a name has to be: from which confidence on it links, and from which it asks.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { derivePersons, lockPersons } from '../../database/queries/persons/derive-persons.ts';
import { transaction } from '../../database/sql.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { insertClaim, insertProject } from '../support/factories.ts';

const RULES = '/api/correlation-rules';
let lab: CorrelationLab;
let api: TestApi;
let hr: string;
let directory: string;

beforeEach(async () => {
  lab = await correlationLab();
  api = await startApi({ databaseUrl: lab.databaseUrl });
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
});
afterEach(async () => {
  await api?.close();
  await lab?.close();
});

const account = (connectionId: string, name: string, [givenName, surname]: string[]) =>
  lab.account(connectionId, name, { givenName: givenName as string, surname: surname as string });

/** What each account of the directory came to, with the confidence of its link or of its case's only candidate. */
async function outcomes(): Promise<Record<string, string>> {
  const { rows } = await lab.pool.query(
    `select o.source_id as name, concat_ws(' ',
       case when l.rule = 'Similar name' then 'linked at' when l.rule = 'own person' then 'somebody else' else 'asks at' end,
       case when l.rule = 'Similar name' then l.confidence::text end,
       (select string_agg(k ->> 'confidence', ' and ') from jsonb_array_elements(c.candidates) k)) as outcome
     from directory_object o
     left join person_link l on l.object_id = o.id
     left join correlation_case c on c.object_id = o.id and c.status = 'open'
     where o.connection_id = $1 order by 1`,
    [directory],
  );
  return Object.fromEntries(rows.map(({ name, outcome }) => [name, outcome]));
}

/** Of each account's person; null for who waits. */
async function correlated(): Promise<Record<string, boolean | null>> {
  await transaction(lab.pool, async (client) => {
    await lockPersons(client);
    const { rows } = await client.query('select id from person where dissolved_at is null');
    await derivePersons(
      client,
      rows.map(({ id }) => id),
    );
  });
  const { rows } = await lab.pool.query(
    `select o.source_id as name, p.correlated from directory_object o
     left join person_link l on l.object_id = o.id left join person p on p.id = l.person_id
     where o.connection_id = $1 order by 1`,
    [directory],
  );
  return Object.fromEntries(rows.map(({ name, correlated }) => [name, correlated]));
}

it('links from 95 on and asks from 75 on, as long as nobody said otherwise', async () => {
  const pairs: Record<string, [string[], string[]]> = {
    'one letter of 25': [
      ['Alexandrina', 'Featherstones'],
      ['Alexandrina', 'Featherstonez'],
    ],
    'one of 20': [
      ['Christopher', 'Johnston'],
      ['Christopher', 'Johnstan'],
    ],
    'one of 18': [
      ['Bernadette', 'Gardner'],
      ['Bernadette', 'Gardnar'],
    ],
    'four of 16': [
      ['Rosalind', 'Whitman'],
      ['Rosalind', 'Whelpar'],
    ],
    'five of 19': [
      ['Guinevere', 'Whittaker'],
      ['Guinevere', 'Whelpames'],
    ],
  };
  for (const [name, [one, other]] of Object.entries(pairs)) {
    await account(hr, `hr ${name}`, one);
    await account(directory, name, other);
  }
  await lab.correlate();
  const expected = {
    'one letter of 25': 'linked at 96',
    'one of 20': 'linked at 95',
    'one of 18': 'asks at 94',
    'four of 16': 'asks at 75',
  };
  expect(await outcomes()).toEqual({ ...expected, 'five of 19': 'somebody else' });
  const rules = [{ type: 'similarName', name: 'Similar name' }];
  await api.request('PUT', RULES, { body: { rules, reviewThreshold: 74 } });
  expect(await outcomes()).toEqual({ ...expected, 'five of 19': 'asks at 74' });
});

/** The default thresholds ask about it. */
const CONFIDENCE = 88;

it.each([
  ['of all', ['ad-claimed', 'ad-free']],
  ['of a project, for its accounts alone', ['ad-claimed']],
])('links, asks, and takes for somebody else by the thresholds %s', async (scope, concerned) => {
  const project = await insertProject(lab.pool, directory);
  await account(hr, 'hr-1', ['Catherine', 'Johnson']);
  await account(hr, 'hr-2', ['Valentina', 'Stewart']);
  const claimed = await account(directory, 'ad-claimed', ['Catherina', 'Jonson']);
  await account(directory, 'ad-free', ['Valentine', 'Steward']);
  await insertClaim(lab.pool, { connectionId: directory, objectId: claimed, projectId: project });
  await lab.correlate();
  const asked = { 'ad-claimed': `asks at ${CONFIDENCE}`, 'ad-free': `asks at ${CONFIDENCE}` };
  expect(await outcomes()).toEqual(asked);
  expect(await correlated()).toEqual({ 'ad-claimed': null, 'ad-free': null });

  const path = scope === 'of all' ? RULES : `/api/sync/projects/${project}/correlation-rules`;
  const put = async (linkThreshold: number, reviewThreshold: number) => {
    const rules = [{ type: 'similarName', name: 'Similar name' }];
    const body = { rules, linkThreshold, reviewThreshold };
    expect((await api.request('PUT', path, { body })).status).toBe(200);
  };
  const all = <T>(value: T) => Object.fromEntries(concerned.map((name) => [name, value]));
  await put(100, CONFIDENCE + 1);
  expect(await outcomes()).toEqual({ ...asked, ...all('somebody else') });
  expect(await correlated()).toEqual({ 'ad-claimed': null, 'ad-free': null, ...all(false) });
  await put(CONFIDENCE + 1, CONFIDENCE);
  expect(await outcomes()).toEqual(asked);
  await put(CONFIDENCE, CONFIDENCE);
  expect(await outcomes()).toEqual({ ...asked, ...all(`linked at ${CONFIDENCE}`) });
  expect(await correlated()).toEqual({ 'ad-claimed': null, 'ad-free': null, ...all(true) });
});
