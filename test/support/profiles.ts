// Identity profiles as tests send them, and persons to compute.
import type pg from 'pg';
import type { AnswerBody, TestApi } from './api.ts';
import { insertUser } from './factories.ts';

export const UNKNOWN_ID = '01a00000-0000-7000-8000-000000000000';

/** A transform that reads an attribute. */
export const of = (attributeName: string, sourceName = 'HR') => ({
  type: 'accountAttribute',
  attributes: { sourceName, attributeName },
});

export const mapping = (identityAttributeName: string, transformDefinition: unknown) => ({
  identityAttributeName,
  transformDefinition,
});

export const config = (...attributeTransforms: unknown[]) => ({
  identityAttributeConfig: { attributeTransforms },
});

let count = 0;

/** A body with a name that no other has. */
export const draftOf = (connectionId: string, more: object = {}) => {
  count += 1;
  return { name: `profile ${count}`, authoritativeSource: { id: connectionId }, ...more };
};

export async function createProfile(api: TestApi, body: object): Promise<AnswerBody> {
  const answer = await api.post('/api/identity-profiles', body);
  if (answer.status !== 201) throw new Error(`create profile: ${answer.status} ${answer.text}`);
  return answer.body.data;
}

/** A person with one account. */
export async function insertPersonOf(
  pool: pg.Pool,
  connectionId: string,
  attributes: Record<string, string[]>,
): Promise<string> {
  const object = await insertUser(pool, connectionId, { attributes });
  const { rows } = await pool.query(
    `insert into person (anchor_object_id, display_name) values ($1, 'somebody') returning id`,
    [object],
  );
  await pool.query(
    `insert into person_link (object_id, connection_id, person_id, rule, confidence) values ($1, $2, $3, 'x', 100)`,
    [object, connectionId, rows[0].id],
  );
  return rows[0].id;
}
