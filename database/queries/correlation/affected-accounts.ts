// Finds the accounts that a correlation has to evaluate: whose keys changed, and whom that may concern.
import type pg from 'pg';
import { OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { run, sql } from '../../sql.ts';
import { NAME_KEY } from './correlation-keys.ts';
import type { Dirty } from './dirty-accounts.ts';

/**
 * Fills `affected`: all accounts when most are dirty; else those that answer to a changed value (see correlation-keys).
 * An account is only ever placed by what accounts of earlier ranks and of its own connection have.
 */
export async function collectAffected(client: pg.PoolClient, { most }: Dirty): Promise<void> {
  await client.query(
    'create temp table affected (object_id uuid primary key, connection_id uuid) on commit drop',
  );
  if (most) {
    await client.query(
      `insert into affected select id, connection_id from directory_object where object_class = 'user'`,
    );
  } else {
    await client.query(`
      insert into affected
      select d.object_id, d.connection_id from dirty d
      where d.decided
        or exists (select from changed_key c where c.object_id = d.object_id)
        or (not exists (select from person_link l where l.object_id = d.object_id)
            and not exists (select from correlation_case c where c.object_id = d.object_id and c.status = 'open'))`);
    await concernOthers(client);
  }
  await client.query('analyze affected');
}

/**
 * After accounts were placed: whoever shares a value or a person with one that moved is to be evaluated too.
 * Once nobody is left, everybody outside is placed as an evaluation of everything would place him.
 * @returns whether there is anybody
 */
export async function reachFurther(client: pg.PoolClient): Promise<boolean> {
  await client.query(`
    truncate changed_key;
    insert into changed_key
    select m.object_id, r.rank, k.attribute, k.value
    from moved m
    join connection_rank r on r.connection_id = m.connection_id
    join correlation_key k on k.object_id = m.object_id`);
  const sharing = await concernOthers(client);
  const { rowCount } = await client.query(`
    insert into affected
    select l.object_id, l.connection_id
    from (select person_id from moved union select left_id from moved) p
    join person_link l on l.person_id = p.person_id
    on conflict do nothing`);
  await client.query('analyze affected');
  return sharing || (rowCount ?? 0) > 0;
}

/**
 * Takes in who shares a changed value; correlation_key_value serves it. A name concerns only those whom nothing else
 * has placed.
 */
async function concernOthers(client: pg.PoolClient): Promise<boolean> {
  await client.query('analyze changed_key');
  const taken = await run(
    client,
    sql`
      with concerned as (
        insert into affected
        select distinct k.object_id, k.connection_id
        from (select value, attribute, min(rank) as rank from changed_key group by value, attribute) c
        join correlation_key k on k.value = c.value and k.attribute = c.attribute
        join connection_rank r on r.connection_id = k.connection_id and r.rank >= c.rank
        where k.attribute <> ${NAME_KEY}
          or not exists (select from person_link l where l.object_id = k.object_id
                         and (l.manual or (l.rule <> ${OWN_PERSON} and l.rule not in (
                           select name from rule where attribute = ${NAME_KEY}))))
        on conflict do nothing returning 1)
      select 1 from concerned limit 1`,
  );
  return taken.length > 0;
}
