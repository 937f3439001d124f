// A person whom very many open cases name is known to be a candidate by one of them.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { derivePersons, lockPersons } from '../../database/queries/persons/derive-persons.ts';
import { isCandidate } from '../../database/queries/persons/open-cases.ts';
import { compileStatement, sql, transaction } from '../../database/sql.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

const CASES = 2_000;

let lab: CorrelationLab;
let named: string;
let free: string;

beforeAll(async () => {
  lab = await correlationLab();
  const hr = await lab.connection('HR', 10);
  const first = await lab.account(hr, 'hr-1', { employeeId: '1' });
  const second = await lab.account(hr, 'hr-2', { employeeId: '2' });
  await lab.correlate();
  named = await personOf(first);
  free = await personOf(second);
  await lab.pool.query(
    `insert into correlation_case (object_id, connection_id, reason, candidates)
     select gen_random_uuid(), $1, 'shared_value', jsonb_build_array(
       jsonb_build_object('personId', gen_random_uuid(), 'rule', 'Email', 'confidence', 100),
       jsonb_build_object('personId', $2::uuid, 'rule', 'Email', 'confidence', 100))
     from generate_series(1, $3::int)`,
    [hr, named, CASES],
  );
  await lab.pool.query('analyze correlation_case');
});
afterAll(() => lab?.close());

async function personOf(objectId: string): Promise<string> {
  const { rows } = await lab.pool.query('select person_id from person_link where object_id = $1', [objectId]);
  return rows[0].person_id;
}

async function derivedStatus(): Promise<Record<string, string>> {
  await transaction(lab.pool, async (client) => {
    await lockPersons(client);
    await derivePersons(client, [named, free]);
  });
  const { rows } = await lab.pool.query('select id, identity_status as status from person');
  return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  Plans?: Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** How the cases were read: nodes of the plan, with the rows that each brought. */
async function readsOf(personId: string): Promise<[string, number][]> {
  const question = compileStatement(
    sql`select ${isCandidate(sql`p.id`)} as found from person p where p.id = ${personId}::uuid`,
  );
  const { rows } = await lab.pool.query(`explain (analyze, format json) ${question.sql}`, [
    ...question.parameters,
  ]);
  return nodesOf(rows[0]['QUERY PLAN'][0].Plan)
    .filter((node) => node['Relation Name'] === 'correlation_case')
    .map((node) => [node['Node Type'], node['Actual Rows']]);
}

it('reads one of the cases, and none of anybody else', async () => {
  expect(await readsOf(named)).toEqual([['Bitmap Heap Scan', 1]]);
  expect(await readsOf(free)).toEqual([['Bitmap Heap Scan', 0]]);
});

it('tells as long as one of them is open', async () => {
  expect(await derivedStatus()).toEqual({ [named]: 'WARNING', [free]: 'UNREGISTERED' });
  await lab.pool.query(`
    update correlation_case set status = 'resolved' where id <> (select id from correlation_case order by id limit 1)`);
  expect(await derivedStatus()).toEqual({ [named]: 'WARNING', [free]: 'UNREGISTERED' });
  await lab.pool.query(`update correlation_case set status = 'resolved'`);
  expect(await derivedStatus()).toEqual({ [named]: 'UNREGISTERED', [free]: 'UNREGISTERED' });
});
