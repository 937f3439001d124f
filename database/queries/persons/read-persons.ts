// Reads persons with what transforms read of their accounts, a thousand in one statement.
import { findSource, type Source } from '../../../domain/identity-profiles/profile-config.ts';
import type { ProfilePerson } from '../../../domain/transforms/compile-profile.ts';
import type { TransformAccount, TransformReads } from '../../../domain/transforms/transform-kind.ts';
import { type Queryable, type RawBuilder, run, sql } from '../../sql.ts';
import { accountOrder, leadingProfiles } from './person-accounts.ts';

/** What is to be read of the accounts of one connection. */
interface SourceColumns {
  source: Source;
  attributes: string[];
}

/** What transforms read, by connection. */
export interface PersonReads {
  columns: SourceColumns[];
  /** Profile → the connection that it names. */
  leading: ReadonlyMap<string, string>;
  /** Whether a transform asks if an account is a member of anything, which takes a look-up an account. */
  entitlements: boolean;
}

/** Puts together what several profiles read; sources that are there no longer have no accounts. */
export function combineReads(
  all: readonly TransformReads[],
  sources: readonly Source[],
  more: Pick<PersonReads, 'leading' | 'entitlements'>,
): PersonReads {
  const columns = new Map<string, SourceColumns>();
  for (const read of all.flatMap(({ accounts }) => accounts)) {
    const source = findSource(sources, read);
    if (source === undefined) continue;
    const before = columns.get(source.id)?.attributes ?? [];
    columns.set(source.id, { source, attributes: [...new Set([...before, ...read.attributes])] });
  }
  return { ...more, columns: [...columns.values()] };
}

export interface ReadPerson extends ProfilePerson {
  /** Of its accounts' profiles the one that counts. */
  profileId: string | null;
}

/** Place of the connection in `columns`, native identity, display name, created, entitlements, removed, values. */
type AccountRow = [number, string, string, string | null, boolean, boolean, unknown[]];

interface PersonRow {
  id: string;
  profileId: string | null;
  attributes: Record<string, unknown>;
  accounts: AccountRow[] | null;
}

/**
 * In no order; of accounts that are gone only those on the connection that leads the person, and only where none is left
 * there: what the authority said last stands. Served by person's key, person_link_person and directory_object_id.
 */
export async function readPersons(
  on: Queryable,
  ids: readonly string[],
  reads: PersonReads,
): Promise<ReadPerson[]> {
  const rows = await run<PersonRow>(
    on,
    sql`
      select p.id, p.attributes, a.profile_id as "profileId", a.accounts
      from unnest(${ids}::uuid[]) b (id)
      join person p on p.id = b.id
      left join lateral (
        select (array_agg(r.id order by ${accountOrder}) filter (where r.id is not null))[1] as profile_id,
          json_agg(json_build_array(s.place, o.source_id, o.display_name, o.source_created_at at time zone 'UTC', ${entitled(reads)},
            o.removed_at is not null, s.read)) filter (where s.place is not null) as accounts
        from person_link l
        join directory_object o on o.id = l.object_id and o.connection_id = l.connection_id
        left join (${leadingProfiles}) r on r.connection_id = l.connection_id
        cross join lateral (select o.attributes || '{}' as own, o.side_attributes as side offset 0) e
        cross join lateral (${valuesRead(reads)}) s
        where l.person_id = p.id) a on true
      where p.dissolved_at is null`,
  );
  return rows.map((row) => ({
    id: row.id,
    profileId: row.profileId,
    attributes: row.attributes,
    accounts: accountsFrom(row, reads),
  }));
}

/** membership_member serves it, in the connection's partition. */
function entitled({ entitlements }: PersonReads): RawBuilder<unknown> {
  if (!entitlements) return sql`false`;
  return sql`exists (select from membership m
    where m.member_id = o.id and m.connection_id = o.connection_id and m.valid_to is null)`;
}

/** The place of the connection and the values in the order of its attributes; `e` has the attributes once unpacked. */
function valuesRead({ columns }: PersonReads): RawBuilder<unknown> {
  if (columns.length === 0) return sql`select null::int as place, null::json as read`;
  const whens = (then: (read: SourceColumns, index: number) => RawBuilder<unknown>) =>
    sql.join(
      columns.map((read, index) => sql`when ${sql.lit(read.source.id)} then ${then(read, index)}`),
      sql` `,
    );
  const values = ({ attributes }: SourceColumns) =>
    sql`to_json(array[${sql.join(
      attributes.map((name) => sql`coalesce(e.own -> ${sql.lit(name)}, e.side -> ${sql.lit(name)})`),
    )}]::jsonb[])`;
  return sql`select case l.connection_id ${whens((_read, index) => sql`${sql.lit(index)}::int`)} end as place,
    case l.connection_id ${whens(values)} end as read`;
}

function accountsFrom({ accounts, profileId }: PersonRow, reads: PersonReads): TransformAccount[] {
  const rows = accounts ?? [];
  const leadingId = reads.leading.get(profileId ?? '');
  const isGone = ([place]: AccountRow) =>
    reads.columns[place]?.source.id !== leadingId || rows.some((row) => row[0] === place && !row[5]);
  return rows
    .filter((row) => !row[5] || !isGone(row))
    .map(([place, nativeIdentity, displayName, created, entitlements, , values]) => {
      const { source, attributes } = reads.columns[place] as SourceColumns;
      const read: Record<string, unknown> = {};
      for (let index = 0; index < attributes.length; index++)
        read[attributes[index] as string] = values[index];
      return {
        sourceId: source.id,
        sourceName: source.name,
        nativeIdentity,
        displayName,
        created,
        entitlements,
        attributes: read,
      };
    });
}
