// Looks up who has a user name, for transforms that make one which nobody else has.
import { type Queryable, run, sql } from '../../sql.ts';

/**
 * Names in lower case with the persons that have them: as alias, as the account name of any account, or as one of the
 * identity attributes `attributes`, which hold such names. An account that belongs to nobody has its own id there.
 * person_alias and correlation_key_value serve it; attributes take a look at every person.
 */
export async function takenNames(
  on: Queryable,
  names: readonly string[],
  attributes: readonly string[],
): Promise<Map<string, string>> {
  const rows = await run<{ name: string; holder: string }>(
    on,
    sql`
      with wanted as materialized (select unnest(${names}::text[]) collate pg_c_utf8 as name)
      select w.name, p.id as holder from wanted w
      join person p on lower(p.alias) = w.name and p.alias is not null and p.dissolved_at is null
      union all
      select w.name, coalesce(l.person_id, k.object_id) from wanted w
      join correlation_key k on k.value = folded_key(w.name) collate "C" and k.attribute = 'accountName'
      left join person_link l on l.object_id = k.object_id
      where not k.removed
      union all
      select w.name, p.id from person p
      cross join unnest(${attributes}::text[]) a (attribute)
      join wanted w on w.name = lower((p.attributes ->> a.attribute) collate pg_c_utf8)
      where p.dissolved_at is null`,
  );
  return new Map(rows.map(({ name, holder }) => [name, holder]));
}
