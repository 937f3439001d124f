// Looks up who has a user name, for transforms that make one which nobody else has.
import type { NameAnswer } from '../../../domain/transforms/name-book.ts';
import { type Queryable, type RawBuilder, run, sql } from '../../sql.ts';

/**
 * Of each name its key, and who has it: as alias, as the account name of any account, or in user_name. An account that
 * belongs to nobody has its own id there; a name that several have is nobody's own.
 * @param unlisted attributes that hold names and are in no user_name_attribute yet, which takes a look at every person
 */
export function takenNames(
  on: Queryable,
  names: readonly string[],
  unlisted: readonly string[] = [],
): Promise<NameAnswer[]> {
  return run(on, takenNamesStatement(names, unlisted));
}

/**
 * Look-ups for each name, whatever the planner knows of the tables; person_alias, correlation_key_value and the keys of
 * user_name and person serve them.
 */
export function takenNamesStatement(
  names: readonly string[],
  unlisted: readonly string[] = [],
): RawBuilder<NameAnswer> {
  const more = unlisted.length > 0;
  return sql<NameAnswer>`
    with wanted as materialized (
      select name, folded_key(name) collate "C" as folded, user_name_key(name) as key
      from unnest(${names}::text[]) n (name)) ${more ? sql`, held as materialized (${heldIn(unlisted)})` : sql``}
    select w.name, w.key, h.holder from wanted w
    left join lateral (
      select case count(distinct holder) when 1 then min(holder::text) else 'several' end as holder
      from (
        select p.id as holder from person p
        where lower(p.alias) = lower(w.name collate pg_c_utf8) and p.dissolved_at is null
        union all
        select coalesce(l.person_id, k.object_id) from correlation_key k
        left join person_link l on l.object_id = k.object_id
        where k.value = w.folded and k.attribute = 'accountName' and not k.removed
        union all
        select p.id from user_name n
        cross join lateral (
          select p.id from person p
          where p.id = n.person_id and p.dissolved_at is null
            and (n.attribute = '' or user_name_key(p.attributes ->> n.attribute) = n.key) offset 0) p
        where n.key = w.key
        ${more ? sql`union all select d.id from held d where d.key = w.key` : sql``}) x
      having count(*) > 0) h on true`;
}

const heldIn = (attributes: readonly string[]) => sql`
      select p.id, k.key from person p
      cross join unnest(${attributes}::text[]) a (attribute)
      cross join lateral (select user_name_key(p.attributes ->> a.attribute) as key offset 0) k
      where p.dissolved_at is null and p.attributes ->> a.attribute is not null
        and k.key in (select key from wanted)`;
