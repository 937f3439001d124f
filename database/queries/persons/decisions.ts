// What a person may decide about whom accounts belong to; no run undoes any of it.
import type pg from 'pg';
import { AppError } from '../../../domain/app-error.ts';
import { run, runOne, sql } from '../../sql.ts';
import { existingPerson, givenPerson } from './existing-person.ts';
import { holdStaying } from './hold-links.ts';
import { markDirty, moveAccounts } from './move-accounts.ts';
import { handAnchorOver, keepApart, ownPerson, type Parting } from './own-person.ts';

/** Accounts, and who decides about them. */
export interface Decision {
  objectIds: string[];
  by: string;
}

/** Links an account to a person, whomever it belonged to. @throws AppError `not_found`, `invalid_request`. */
export async function linkAccount(
  client: pg.PoolClient,
  personId: string,
  { objectId, by }: { objectId: string; by: string },
): Promise<void> {
  await existingPerson(client, personId);
  await requireAccount(client, objectId);
  await refuseFormer(client, personId, { objectId, by });
  await moveAccounts(client, { objectIds: [objectId], personId, by, action: 'linked', resolution: 'link' });
}

/** The person that the account is taken from is not its person, and does not follow it. person_link's key serves it. */
async function refuseFormer(
  client: pg.PoolClient,
  personId: string,
  { objectId, by }: { objectId: string; by: string },
): Promise<void> {
  await run(
    client,
    sql`
      insert into person_link_denial (object_id, person_id, by)
      select l.object_id, l.person_id, ${by}
      from person_link l join person p on p.id = l.person_id
      where l.object_id = ${objectId}::uuid and l.person_id <> ${personId}::uuid
        and p.anchor_object_id is distinct from l.object_id
      on conflict do nothing`,
  );
}

/** Served by directory_object_id. */
async function requireAccount(client: pg.PoolClient, objectId: string): Promise<void> {
  const object = await runOne<{ objectClass: string }>(
    client,
    sql`select object_class as "objectClass" from directory_object where id = ${objectId}::uuid`,
  );
  if (object?.objectClass === 'user') return;
  const message = object
    ? `is an object of class '${object.objectClass}'; only users belong to persons`
    : 'there is no object with this ID';
  throw new AppError('invalid_request', `body.objectId: ${message}`, {
    details: [{ path: 'body.objectId', message }],
  });
}

/** Moves all accounts of `otherId` to the person. @throws AppError `not_found`, `invalid_request`. */
export async function mergePersons(
  client: pg.PoolClient,
  personId: string,
  { otherId, by }: { otherId: string; by: string },
): Promise<void> {
  const person = await existingPerson(client, personId);
  const other = await givenPerson(client, otherId);
  if (person.id === other.id) {
    const message = 'is the person itself; name another one';
    throw new AppError('invalid_request', `body.personId: ${message}`, {
      details: [{ path: 'body.personId', message }],
    });
  }
  const objectIds = await accountsOf(client, other.id);
  await moveAccounts(client, { objectIds, personId, by, action: 'merged', resolution: 'link' });
  // Who was kept apart from one of them is kept apart from both.
  const apart = await run<{ id: string }>(
    client,
    sql`
      insert into person_link_denial (object_id, person_id, by, at)
      select d.object_id, ${personId}::uuid, d.by, d.at from person_link_denial d
      where d.person_id = ${other.id}::uuid
        and not exists (select from person_link l where l.object_id = d.object_id and l.person_id = ${personId}::uuid)
      on conflict do nothing returning object_id as id`,
  );
  await markDirty(
    client,
    apart.map(({ id }) => id),
  );
}

/**
 * Makes a person of their own of some of a person's accounts.
 * @returns its id
 * @throws AppError `not_found`, `invalid_request` for accounts of somebody else, `conflict` where none would stay.
 */
export async function splitPerson(
  client: pg.PoolClient,
  personId: string,
  { objectIds, by }: Decision,
): Promise<string> {
  await existingPerson(client, personId);
  const accounts = await accountsOf(client, personId);
  const given = [...new Set(objectIds.map((id) => id.toLowerCase()))];
  const details = given
    .map((id, index) => ({ path: `body.objectIds.${index}`, message: 'is no account of this person', id }))
    .filter(({ id }) => !accounts.includes(id))
    .map(({ path, message }) => ({ path, message }));
  if (details[0])
    throw new AppError('invalid_request', `${details[0].path}: ${details[0].message}`, { details });
  if (given.length === accounts.length)
    throw new AppError('conflict', 'These are all accounts of the person; one has to stay.');
  return part(client, { personId, leaving: given, by }, 'split');
}

/**
 * Takes an account from a person, for good.
 * @returns the id of the account's own person
 * @throws AppError `not_found`, `conflict` for a person's only account.
 */
export async function unlinkAccount(
  client: pg.PoolClient,
  personId: string,
  { objectId, by }: { objectId: string; by: string },
): Promise<string> {
  await existingPerson(client, personId);
  const accounts = await accountsOf(client, personId);
  const id = objectId.toLowerCase();
  if (!accounts.includes(id))
    throw new AppError('not_found', `Account with ID '${id}' is not linked to person '${personId}'`);
  if (accounts.length === 1)
    throw new AppError('conflict', 'This is the only account of the person: it is its own already.');
  return part(client, { personId, leaving: [id], by }, 'linked');
}

async function part(client: pg.PoolClient, parting: Parting, action: 'linked' | 'split'): Promise<string> {
  const { personId, leaving, by } = parting;
  await handAnchorOver(client, parting);
  await holdStaying(client, { personId, objectIds: leaving, by });
  const own = await ownPerson(client, leaving);
  await moveAccounts(client, { objectIds: leaving, personId: own, by, action, resolution: 'new-person' });
  await keepApart(client, parting, own);
  await markDirty(client, await accountsOf(client, personId));
  return own;
}

/** person_link_person serves it. */
async function accountsOf(client: pg.PoolClient, personId: string): Promise<string[]> {
  const rows = await run<{ id: string }>(
    client,
    sql`select object_id as id from person_link where person_id = ${personId}::uuid order by object_id`,
  );
  return rows.map(({ id }) => id);
}
