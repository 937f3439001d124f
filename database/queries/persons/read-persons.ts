// What transforms read of persons and their accounts, as SQL and as what they are evaluated with.
import { findSource, type Source } from '../../../domain/identity-profiles/profile-config.ts';
import type { ProfilePerson } from '../../../domain/transforms/compile-profile.ts';
import type {
  SourceReference,
  TransformAccount,
  TransformReads,
} from '../../../domain/transforms/transform-kind.ts';
import { type Queryable, type RawBuilder, runOne, sql } from '../../sql.ts';
import { accountsOf, first, type MoreOfAccounts } from './person-accounts.ts';

/** What is to be read of the accounts of one connection. */
interface SourceColumns {
  source: Source;
  attributes: string[];
}

/** What transforms read, by connection. */
export interface PersonReads {
  columns: SourceColumns[];
  /** What transforms name and is not there. */
  missing: SourceReference[];
  /** Profile → the connection that it names. */
  leading: ReadonlyMap<string, string>;
  /** Whether a transform asks if an account is a member of anything, which takes a look-up an account. */
  entitlements: boolean;
}

/** Puts together what several profiles read. */
export function combineReads(
  all: readonly TransformReads[],
  sources: readonly Source[],
  more: Pick<PersonReads, 'leading' | 'entitlements'>,
): PersonReads {
  const columns = new Map<string, SourceColumns>();
  const missing: SourceReference[] = [];
  for (const read of all.flatMap(({ accounts }) => accounts)) {
    const source = findSource(sources, read);
    if (source === undefined) {
      missing.push(read);
      continue;
    }
    const before = columns.get(source.id)?.attributes ?? [];
    columns.set(source.id, { source, attributes: [...new Set([...before, ...read.attributes])] });
  }
  return { ...more, columns: [...columns.values()], missing };
}

export interface ReadPerson extends ProfilePerson {
  /** Of its accounts' profiles the one that counts. */
  profileId: string | null;
}

/** Place of the connection in `columns`, native identity, display name, created, entitlements, removed, values. */
type AccountRow = [number, string, string, string | null, boolean, boolean, unknown[]];

export interface PersonRow {
  id: string;
  profileId: string | null;
  /** Both as JSON. */
  attributes: string;
  accounts: string | null;
}

/** One person, to be computed without being written; served by its key and by what `accountsOf` names. */
export async function readPerson(
  on: Queryable,
  personId: string,
  reads: PersonReads,
): Promise<ReadPerson | undefined> {
  const row = await runOne<PersonRow>(
    on,
    sql`
      select p.id, p.attributes::text, a.profile_id as "profileId", a.accounts::text
      from person p
      cross join lateral (
        select ${first('profile_id')} as profile_id, ${accountsRead}
        from (${accountsOf(sql`p.id`, readOf(reads))}) a) a
      where p.id = ${personId}::uuid and p.dissolved_at is null`,
  );
  return row && personFrom(row, reads);
}

/** All that is read of the accounts; null where nothing is. */
export const accountsRead = sql`json_agg(a.read) filter (where a.read is not null) as accounts`;

/** For `accountsOf`: an `AccountRow` of each account that transforms read, as its column `read`. */
export function readOf(reads: PersonReads): MoreOfAccounts {
  if (reads.columns.length === 0) return { columns: sql`, null::json as read`, from: sql`` };
  return {
    columns: sql`, case when s.place is not null then json_build_array(s.place, o.source_id, o.display_name,
            o.source_created_at at time zone 'UTC', ${entitled(reads)}, o.removed_at is not null, s.read) end as read`,
    from: sql`cross join lateral (select o.attributes || '{}' as own, o.side_attributes as side offset 0) e
        cross join lateral (${valuesRead(reads)}) s`,
  };
}

/** Nothing is parsed before it is asked for: thousands of persons as objects would be a burden for the garbage collector. */
export function personFrom(row: PersonRow, reads: PersonReads): ReadPerson {
  const { id, profileId } = row;
  let parsed: Record<string, unknown> | undefined;
  return {
    id,
    profileId,
    get accounts() {
      return accountsFrom(row, reads);
    },
    missing: reads.missing,
    stored(name) {
      // Most ask for what nobody has.
      if (!row.attributes.includes(JSON.stringify(name))) return undefined;
      parsed ??= JSON.parse(row.attributes) as Record<string, unknown>;
      return Object.hasOwn(parsed, name) ? parsed[name] : undefined;
    },
  };
}

/** membership_member serves it, in the connection's partition. */
function entitled({ entitlements }: PersonReads): RawBuilder<unknown> {
  if (!entitlements) return sql`false`;
  return sql`exists (select from membership m
    where m.member_id = o.id and m.connection_id = o.connection_id and m.valid_to is null)`;
}

/** The place of the connection and the values in the order of its attributes; `e` has the attributes once unpacked. */
function valuesRead({ columns }: PersonReads): RawBuilder<unknown> {
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

/**
 * Of accounts that are gone only those on the connection that leads the person, and only where none is left there: what
 * the authority said last stands.
 */
function accountsFrom({ accounts, profileId }: PersonRow, reads: PersonReads): TransformAccount[] {
  if (accounts === null) return [];
  const rows = JSON.parse(accounts) as AccountRow[];
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
