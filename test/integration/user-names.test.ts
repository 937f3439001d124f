// User names that transforms give: nobody gets one that somebody else has, whoever gave it and however it is written.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refreshPersons } from '../../activities/identity-refresh/refresh-persons.ts';
import { takenNames, takenNamesStatement } from '../../database/queries/persons/taken-names.ts';
import { compileStatement } from '../../database/sql.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

let lab: CorrelationLab;
let hr: string;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
beforeEach(async () => {
  await lab.empty();
  hr = await lab.connection('HR', 10);
});

const of = (attributeName: string) => ({
  type: 'accountAttribute',
  attributes: { sourceName: 'HR', attributeName },
});
const generator = {
  type: 'usernameGenerator',
  attributes: { patterns: ['$first', '$first$uniqueCounter'], first: of('first') },
};

/** @param profiles those that have these names; default all */
async function map(mappings: Record<string, unknown>, profiles = '%'): Promise<void> {
  const attributeTransforms = Object.entries(mappings).map(
    ([identityAttributeName, transformDefinition]) => ({
      identityAttributeName,
      transformDefinition,
    }),
  );
  await lab.pool.query(
    'update identity_profile set updated_at = clock_timestamp(), identity_attribute_config = $1 where name like $2',
    [{ enabled: true, attributeTransforms }, profiles],
  );
  await lab.pool.query('insert into refresh_wanted select id from person on conflict do nothing');
}

async function hire(id: string, first: string, connection = hr): Promise<string> {
  const account = await lab.account(connection, id, { employeeId: id });
  await lab.pool.query('update directory_object set attributes = $2 where id = $1', [
    account,
    { first: [first] },
  ]);
  return account;
}

async function refresh(): Promise<void> {
  await lab.correlate();
  expect(await refreshPersons(lab, new AbortController().signal)).toMatchObject({ failed: 0 });
}

async function attributeOf(account: string, name: string): Promise<string> {
  const { rows } = await lab.pool.query(
    'select p.attributes ->> $2 as value from person_link l join person p on p.id = l.person_id where l.object_id = $1',
    [account, name],
  );
  return rows[0].value;
}

/** Whom the first refresh leaves with a name meets somebody with the second name in the next. */
async function givenInTurn(first: string, second: string, attribute = 'uid'): Promise<[string, string]> {
  const one = await hire('1', first);
  await refresh();
  const other = await hire('2', second);
  await refresh();
  return [await attributeOf(one, attribute), await attributeOf(other, attribute)];
}

describe('are told apart by the database alone', () => {
  it.each([
    ['İan', 'İan', 'İan1'],
    ['ΟΔΟΣ', 'ΟΔΟΣ', 'ΟΔΟΣ1'],
    ['ΟΔΟΣ', 'οδος', 'οδος1'],
    ['GROẞ', 'groß', 'groß1'],
    ['JOSÉ', 'jose', 'jose1'],
    ['ann', 'anna', 'anna'],
  ])('of a refresh and the next: %s, then %s', async (first, second, expected) => {
    await map({ uid: generator });
    expect(await givenInTurn(first, second)).toEqual([first, expected]);
  });

  it('within one refresh', async () => {
    await map({ uid: generator });
    const accounts = [await hire('1', 'ΟΔΟΣ'), await hire('2', 'οδος'), await hire('3', 'Οδός')];
    await refresh();
    const names = await Promise.all(accounts.map((account) => attributeOf(account, 'uid')));
    expect(names.filter((name) => /\d$/.test(name))).toHaveLength(2);
  });
});

it('are taken where they are a part of a value', async () => {
  await map({ email: { type: 'concat', attributes: { values: [generator, '@example.org'] } } });
  expect(await givenInTurn('ann', 'Ann', 'email')).toEqual(['ann@example.org', 'Ann1@example.org']);
});

it('are taken where another transform made them, before or after', async () => {
  const [one, two] = [await hire('1', 'ann'), await hire('2', 'bob')];
  await map({ uid: of('first') });
  await refresh();
  await map({ uid: generator });
  const three = await hire('3', 'ann');
  await refresh();
  expect(await attributeOf(three, 'uid')).toBe('ann1');
  // A profile of others, which takes the attribute from the account, gives Bob another name.
  await lab.pool.query(`update person set attributes = '{}' where anchor_object_id = $1`, [three]);
  await map({ uid: of('first') });
  await lab.pool.query(`update directory_object set attributes = '{"first": ["carl"]}' where id = $1`, [two]);
  await refresh();
  await map({ uid: generator });
  expect(await attributeOf(two, 'uid')).toBe('carl');
  const [four, five] = [await hire('4', 'carl'), await hire('5', 'bob')];
  await refresh();
  expect([await attributeOf(four, 'uid'), await attributeOf(five, 'uid')]).toEqual(['carl1', 'bob']);
  expect(await attributeOf(one, 'uid')).toBe('ann');
});

it('are taken where another profile gives them in the same refresh', async () => {
  const partners = await lab.connection('Partners', 5);
  await map({ uid: generator }, 'HR');
  await map(
    { uid: { ...of('first'), attributes: { sourceName: 'Partners', attributeName: 'first' } } },
    'Partners',
  );
  const made = await hire('1', 'ann');
  await hire('2', 'ann', partners);
  await refresh();
  expect(await attributeOf(made, 'uid')).toBe('ann1');
});

it('that are cut within a character have what the database can hold of it', async () => {
  const short = { ...generator, attributes: { ...generator.attributes, cloudMaxSize: 3 } };
  await map({ uid: short });
  const [one, two] = [await hire('1', 'ab😀'), await hire('2', 'ab😀')];
  await refresh();
  const names = [await attributeOf(one, 'uid'), await attributeOf(two, 'uid')];
  expect(names.toSorted()).toEqual(['ab1', 'ab\ufffd']);
});

it('of a value that no index could hold are told apart too', async () => {
  const long = Array.from({ length: 3_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
  await map({ uid: of('first') });
  await hire('1', long);
  await refresh();
  await map({ uid: generator });
  const other = await hire('2', 'ann');
  await refresh();
  expect(await attributeOf(other, 'uid')).toBe('ann');
});

it('are looked up by index, however many persons there are and whatever is known of the tables', async () => {
  await lab.pool.query(`
    with made as (
      insert into person (display_name, alias, attributes)
      select 'person ' || i, 'alias' || i, jsonb_build_object('uid', 'name' || i) from generate_series(1, 20000) i
      returning id, attributes ->> 'uid' as uid),
    keyed as (
      insert into correlation_key (object_id, connection_id, attribute, value, removed, since)
      select id, id, 'accountName', 'account of ' || uid, false, now() from made),
    linked as (
      insert into person_link (object_id, connection_id, person_id, rule, confidence)
      select id, id, id, 'own person', 100 from made)
    insert into user_name (key, person_id, attribute) select user_name_key(uid), id, 'uid' from made`);
  const { sql, parameters } = compileStatement(takenNamesStatement(['NAME7', 'alias8', 'nobody']));
  const planOf = async () => {
    const { rows } = await lab.pool.query(`explain ${sql}`, [...parameters]);
    return rows.map((line) => line['QUERY PLAN']).join('\n');
  };
  const taken = await takenNames(lab.pool, ['NAME7', 'alias8', 'nobody']);
  expect(taken.map(({ holder }) => holder !== null)).toEqual([true, true, false]);
  for (const known of [false, true]) {
    if (known) await lab.pool.query('analyze');
    const plan = await planOf();
    for (const index of ['person_alias', 'correlation_key_value', 'user_name_pkey', 'person_pkey'])
      expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
  }
});
