// Makes automatic links manual that a decision would move otherwise, although nobody decided about them.
import type pg from 'pg';
import { OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { type RawBuilder, run, sql } from '../../sql.ts';
import { keysOf, NAME, NAME_KEY } from '../correlation/name-keys.ts';

/** @param which of the person's automatic links, as `l`; person_link_person serves it. */
async function hold(
  client: pg.PoolClient,
  { personId, by }: { personId: string; by: string },
  which: RawBuilder<unknown>,
): Promise<void> {
  await run(
    client,
    sql`
      with held as (
        update person_link l set manual = true, linked_by = ${by}, linked_at = clock_timestamp(), run_id = null
        where l.person_id = ${personId}::uuid and not l.manual and ${which}
        returning l.*)
      insert into person_link_event (object_id, connection_id, person_id, action, rule, confidence, by)
      select object_id, connection_id, person_id, 'linked', rule, confidence, ${by} from held`,
  );
}

/** What an account needs to leave a person, or to come to one. */
export interface Holding {
  personId: string;
  /** The accounts that were decided about. */
  objectIds: string[];
  by: string;
}

/**
 * Those that share a value with accounts which leave: the next correlation would send them after these. The account
 * that the person was made for stays anyway. correlation_key_object and name_key_name serve it.
 */
export function holdStaying(client: pg.PoolClient, holding: Holding): Promise<void> {
  const leaving = sql`${holding.objectIds}::uuid[]`;
  return hold(
    client,
    holding,
    sql`l.object_id <> all(${leaving})
      and not exists (select from person p where p.anchor_object_id = l.object_id and p.id = l.person_id)
      and (exists (
        select from correlation_key mine
        join correlation_key theirs on theirs.attribute = mine.attribute
          and (theirs.value = mine.value or (mine.attribute = ${NAME_KEY} and exists (
            select from name_key one join name_key other on other.value = one.value
            where one.name = mine.value and other.name = theirs.value)))
        where mine.object_id = l.object_id and theirs.object_id = any(${leaving}))
      or (${NO_NAMES_KEPT} and ${nameKeysOf(sql`o.id = l.object_id`)} && ${nameKeysOf(sql`o.id = any(${leaving})`)}))`,
  );
}

/** An upgrade that keeps names otherwise leaves them to the evaluation of everything that it asks for. */
const NO_NAMES_KEPT = sql`
  (exists (select from correlation_state where asked > answered) and not exists (select from name_key))`;

/** By what the names of accounts are found, from what they say now. directory_object_id serves it. */
const nameKeysOf = (which: RawBuilder<unknown>) => sql`
  array(select k.value from directory_object o cross join lateral (${NAME}) n (attribute, name)
        cross join lateral (${keysOf(sql`n.name`)}) k where ${which})`;

/**
 * Those of the connections from which accounts came: that somebody has two accounts there would make the other one
 * doubtful, as a recycled value does. Served by person_link's key.
 */
export function holdBeside(client: pg.PoolClient, holding: Holding): Promise<void> {
  const come = sql`${holding.objectIds}::uuid[]`;
  return hold(
    client,
    holding,
    sql`l.rule <> ${OWN_PERSON}
      and l.connection_id in (select m.connection_id from person_link m where m.object_id = any(${come}))`,
  );
}
