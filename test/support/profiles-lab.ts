// An API on a database with an HR source, for tests of identity profiles that need no worker.
import { type AnswerBody, startApi, type TestApi } from './api.ts';
import { createTestDatabase } from './database.ts';
import { insertConnection } from './factories.ts';
import { createProfile, draftOf, insertPersonOf } from './profiles.ts';

export interface ProfilesLab {
  api: TestApi;
  /** The connection `HR`. */
  hr: string;
  /** A body of a profile of HR, with a name of its own. */
  draft(more?: object): object;
  created(more?: object): Promise<AnswerBody>;
  /** A person with one account, on HR when no other connection is given. */
  person(attributes: Record<string, string[]>, connectionId?: string): Promise<string>;
  close(): Promise<void>;
}

export async function openProfilesLab(): Promise<ProfilesLab> {
  const database = await createTestDatabase();
  const api = await startApi({ databaseUrl: database.url });
  const { pool } = api.database;
  const hr = await insertConnection(pool, { name: 'HR' });
  await pool.query('update correlation_state set answered = asked');
  const draft = (more: object = {}) => draftOf(hr, more);
  return {
    api,
    hr,
    draft,
    created: (more) => createProfile(api, draft(more)),
    person: (attributes, connectionId = hr) => insertPersonOf(pool, connectionId, attributes),
    async close() {
      await api.close();
      await database.drop();
    },
  };
}
