// What a profile would make of one person, over HTTP: values, errors and warnings; nothing is saved.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestApi } from '../support/api.ts';
import { insertConnection, insertUser } from '../support/factories.ts';
import { config, mapping, of, UNKNOWN_ID } from '../support/profiles.ts';
import { openProfilesLab, type ProfilesLab } from '../support/profiles-lab.ts';

let lab: ProfilesLab;
let api: TestApi;
let hr: string;

beforeAll(async () => {
  lab = await openProfilesLab();
  ({ api, hr } = lab);
});
afterAll(() => lab?.close());

const created = (more?: object) => lab.created(more);
const person = (...given: Parameters<ProfilesLab['person']>) => lab.person(...given);

describe('POST /api/identity-profiles/{id}/preview', () => {
  it('computes by what is given and saves nothing', async () => {
    const { id } = await created(config(mapping('title', of('title'))));
    const personId = await person({ title: ['Clerk'], country: ['Atlantis'] });
    const path = `/api/identity-profiles/${id}/preview`;
    const own = await api.post(path, { personId });
    expect(own.body.data).toEqual({
      personId,
      attributes: [{ name: 'title', value: 'Clerk', previousValue: null, error: null }],
      warnings: [],
    });
    const region = { type: 'lookup', attributes: { input: of('country'), table: { DE: 'EMEA' } } };
    const other = await api.post(path, {
      personId,
      ...config(
        mapping('title', { type: 'upper', attributes: { input: of('title') } }),
        mapping('region', region),
      ),
    });
    expect(other.body.data.attributes).toEqual([
      { name: 'title', value: 'CLERK', previousValue: null, error: null },
      { name: 'region', value: null, previousValue: null, error: expect.stringContaining("'Atlantis'") },
    ]);
    const { rows } = await api.database.pool.query('select attributes from person where id = $1', [personId]);
    expect(rows[0].attributes).toEqual({});
  });

  it('warns of attributes and accounts that the person lacks, with what may have been meant', async () => {
    const { pool } = api.database;
    const wages = await insertConnection(pool, { name: 'Wages' });
    await insertUser(pool, wages, { attributes: { salaryBand: ['A'] } });
    await insertUser(pool, hr, { attributes: { first_name: ['Zoe'], phone: ['1'] } });
    const { id } = await created();
    const personId = await person({ first_name: ['Ann'], nick: [] });
    const lower = (input: unknown) => ({ type: 'lower', attributes: { input } });
    const answer = await api.post(`/api/identity-profiles/${id}/preview`, {
      personId,
      ...config(
        mapping('right', of('first_name')),
        mapping('empty', of('nick')),
        mapping('filtered', {
          type: 'accountAttribute',
          attributes: {
            sourceName: 'HR',
            attributeName: 'nick',
            accountPropertyFilter: 'nativeIdentity == "x"',
          },
        }),
        mapping('wrong', lower(of('fist_name'))),
        mapping('cased', of('First-Name')),
        mapping('unknown', of('zzz')),
        mapping('absent', of('phone')),
        mapping('band', of('salaryBand', 'Wages')),
        mapping('pay', of('salaryband', 'Wages')),
      ),
    });
    expect(answer.status).toBe(200);
    const others = expect.stringMatching(
      /^None of the person's accounts on 'HR', nor any of \d+ others that were read has the attribute 'zzz'\.$/,
    );
    expect(answer.body.data.warnings).toEqual([
      { name: 'wrong', message: expect.stringMatching(/'fist_name'\. There is 'first_name'\.$/) },
      { name: 'cased', message: expect.stringMatching(/'First-Name'\. There is 'first_name'\.$/) },
      { name: 'unknown', message: others },
      {
        name: 'absent',
        message: "The attribute 'phone' occurs in no account of the person on 'HR'; other accounts have it.",
      },
      {
        name: 'band',
        message: "The person has no account on 'Wages', whose attribute 'salaryBand' is read.",
      },
      {
        name: 'pay',
        message:
          "The person has no account on 'Wages', and none of 1 others that were read has the attribute 'salaryband'. There is 'salaryBand'.",
      },
    ]);
  });

  it('gives no user name that an attribute of somebody else has', async () => {
    const { id } = await created();
    const [somebody, personId] = [await person({}), await person({ login: ['zoe'] })];
    await api.database.pool.query('update person set attributes = $2 where id = $1', [
      somebody,
      { login: 'ZOE' },
    ]);
    const attributes = { patterns: ['$login$uniqueCounter'], login: of('login') };
    const { body } = await api.post(`/api/identity-profiles/${id}/preview`, {
      personId,
      ...config(mapping('login', { type: 'usernameGenerator', attributes })),
    });
    expect(body.data.attributes).toMatchObject([{ value: 'zoe1', error: null }]);
  });

  it('refuses persons and transforms that there are not', async () => {
    const { id } = await created();
    const path = `/api/identity-profiles/${id}/preview`;
    const nobody = await api.post(path, { personId: UNKNOWN_ID });
    expect([nobody.status, nobody.body.details[0].path]).toEqual([400, 'body.personId']);
    const personId = await person({});
    const wrong = await api.post(path, { personId, ...config(mapping('a', { type: 'nope' })) });
    expect(wrong.status).toBe(400);
  });
});
