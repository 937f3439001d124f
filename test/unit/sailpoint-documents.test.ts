// The documents that answers of the SailPoint-shaped surface are held against refuse what is not in them.
import { describe, expect, it } from '@jest/globals';
import { checkDocument } from '../support/sailpoint-documents.ts';

const ID = '01f04e428c484542a241dc89c303b178';
const TIME = '2023-01-03T21:16:22.432Z';
const text = { locale: 'en-US', localeOrigin: 'DEFAULT', text: 'It is.' };

const identity = {
  id: ID,
  name: 'Ada',
  created: TIME,
  modified: TIME,
  alias: 'ada',
  emailAddress: null,
  processingState: 'OK',
  identityStatus: 'ACTIVE',
  managerRef: { type: 'IDENTITY', id: ID, name: 'Bob' },
  isManager: false,
  lastRefresh: TIME,
  attributes: { uid: 'ada' },
  lifecycleState: { stateName: 'active', manuallyUpdated: false },
};
const profile = {
  id: ID,
  name: 'Employees',
  created: TIME,
  modified: TIME,
  description: null,
  owner: { type: 'IDENTITY', id: ID, name: 'Bob' },
  priority: 10,
  authoritativeSource: { type: 'SOURCE', id: ID, name: 'HR' },
  identityRefreshRequired: false,
  identityCount: 3,
  identityAttributeConfig: {
    enabled: true,
    attributeTransforms: [
      { identityAttributeName: 'uid', transformDefinition: { type: 'uuid', attributes: null } },
    ],
  },
  identityExceptionReportReference: { taskResultId: ID, reportName: 'Report' },
  hasTimeBasedAttr: true,
};
const failure = { detailCode: '400.1 Bad Request Content', trackingId: ID, messages: [text], causes: [text] };
const token = { access_token: 'x', token_type: 'Bearer', expires_in: 1, scope: 'idn:identity:read' };

const cases: [string, number, Record<string, unknown>, string[]][] = [
  ['/beta/identities', 200, identity, ['alias', 'lastRefresh']],
  ['/v3/identity-profiles', 200, profile, []],
  ['/identity-profiles', 200, profile, []],
  ['/beta/identities', 400, failure, ['causes']],
  ['/identity-profiles', 403, failure, ['causes']],
  ['/beta/identities', 500, failure, ['causes']],
  ['/beta/identities', 401, { error: 'no token' }, []],
  ['/beta/identities', 429, { message: ' Rate Limit Exceeded ' }, []],
  ['/oauth/token', 200, token, []],
  ['/oauth/token', 400, { error: 'invalid_scope', error_description: 'None.' }, []],
];

describe.each(cases)('%s %i', (path, status, body, optional) => {
  const check = (answer: unknown) => () =>
    checkDocument({ path, status, body: status === 200 && body !== token ? [answer] : answer });

  it('has these fields, and no others', () => {
    expect(check(body)).not.toThrow();
    expect(check({ ...body, more: 1 })).toThrow('more');
    for (const field of Object.keys(body)) {
      const { [field]: _, ...without } = body;
      if (optional.includes(field)) expect(check(without)).not.toThrow();
      else expect(check(without)).toThrow(field);
    }
  });

  it('has them of these types', () => {
    for (const field of Object.keys(body)) {
      const wrong = typeof body[field] === 'number' ? ['1', 1.5] : [7, [7]];
      for (const value of wrong) expect(check({ ...body, [field]: value })).toThrow(field);
    }
  });
});

it('no enumeration has another word, and no other answer is known', () => {
  const refused = (path: string, body: object) => () => checkDocument({ path, status: 200, body: [body] });
  expect(refused('/beta/identities', { ...identity, identityStatus: 'AWAY' })).toThrow('identityStatus');
  expect(refused('/beta/identities', { ...identity, processingState: 'NEW' })).toThrow('processingState');
  const owner = { ...profile.owner, type: 'SOURCE' };
  expect(refused('/identity-profiles', { ...profile, owner })).toThrow('owner');
  expect(() => checkDocument({ path: '/beta/identities', status: 204, body: undefined })).toThrow('no such');
});
