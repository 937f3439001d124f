// The conditions by which objects are found: search terms, and what the lists of objects filter on.
import { JOINED, JOINING, searchPieces } from '../../domain/search-pieces.ts';
import { type RawBuilder, sql } from '../sql.ts';
import { all } from './list-rows.ts';

export interface Search {
  condition: RawBuilder<unknown>;
  /** 0 where a field begins with the term, else 1. */
  rank: RawBuilder<unknown>;
}

/** Escapes what LIKE gives a meaning to. */
export function escapeLike(term: string): string {
  return term.replace(/[\\%_]/g, '\\$&');
}

/** Folded as the indexed columns are: by PostgreSQL, in the builtin collation, not by JavaScript's rules. */
function folded(pattern: string): RawBuilder<unknown> {
  return sql`lower(${pattern}::text collate pg_c_utf8)`;
}

/** Terms of one or two letters are beginnings; in scripts that write a name in as many characters, they are names. */
function isBeginning(term: string): boolean {
  const isAscii = Buffer.byteLength(term) === term.length;
  return isAscii && term.length <= 2;
}

/** A text as directory_object_search and person_search have it; written as there, or they would not serve. */
function joined(text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`translate(${text}, ${sql.lit(JOINING)}, ${sql.lit(JOINED)})`;
}

/**
 * Name, email or account name: substring, or the beginning of one of them for terms of one or two letters.
 * The trigram index directory_object_search serves both (a beginning has a trigram of its own), for a few pieces of the
 * term, and what it finds is compared with the term; a substring of one or two characters has no trigram, and reads the
 * class as a whole.
 */
export function searchNames(term: string): Search {
  const beginnings = [`${escapeLike(term)}%`, `%\n${escapeLike(term)}%`];
  const begins = sql`(${anyLike(sql`o.search_text`, beginnings.map(folded))})`;
  const [candidates, exact] = isBeginning(term)
    ? [beginnings, begins]
    : [
        [`%${searchPieces(term).map(escapeLike).join('%')}%`],
        sql`strpos(o.search_text, ${folded(term)}) > 0`,
      ];
  const found = anyLike(
    joined(sql`o.search_text`),
    candidates.map((pattern) => joined(folded(pattern))),
  );
  return {
    condition: sql`((${found}) and ${exact})`,
    rank: sql`case when ${begins} then 0 else 1 end`,
  };
}

function anyLike(text: RawBuilder<unknown>, patterns: RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(
    patterns.map((pattern) => sql`${text} like ${pattern}`),
    sql` or `,
  );
}

/**
 * Name or distinguished name, of any class. No index serves the DN, which would cost each first sync 9 % of
 * PostgreSQL's time (ADR 12): the class, found by directory_object_name, or the table is read.
 */
export function searchNamesAndDns(term: string): Search {
  const escaped = escapeLike(term);
  const short = isBeginning(term);
  const begins = folded(`${escaped}%`);
  const pattern = short ? begins : folded(`%${escaped}%`);
  return {
    condition: sql`(lower(o.display_name) like ${pattern} or lower(o.distinguished_name) like ${pattern})`,
    rank: sql`case when lower(o.display_name) like ${begins} then 0 else 1 end`,
  };
}

export interface ObjectFilter {
  connectionId?: string | undefined;
  search?: string | undefined;
  includeRemoved?: boolean | undefined;
}

/** Conditions that the lists of users, groups and objects share, without the class and the search. */
export function objectConditions(filter: ObjectFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (!filter.includeRemoved) conditions.push(sql`o.removed_at is null`);
  if (filter.connectionId) conditions.push(sql`o.connection_id = ${filter.connectionId}::uuid`);
  return conditions;
}

/** Our own words stand in the text itself, so that a list without filters has no parameters and keeps its plan. */
function classValue(objectClass: string): RawBuilder<unknown> {
  return objectClass === 'user' || objectClass === 'group' ? sql.lit(objectClass) : sql`${objectClass}`;
}

/** The total out of the counters that the merge keeps, for lists that filter by class and connection at most. */
export function countedTotal(objectClass: string | null, filter: ObjectFilter): RawBuilder<unknown> {
  const counted = filter.includeRemoved ? sql`c.present + c.removed` : sql`c.present`;
  // Served by the table itself: a row a connection and class.
  return sql`(select coalesce(sum(${counted}), 0) from object_count c where ${all(countedBy(objectClass, filter))})`;
}

/**
 * As `countedTotal`, for present objects by department and status too. Served by the table's key, or the table itself:
 * a row a connection, class, department and status.
 */
export function filteredTotal(
  objectClass: string,
  filter: ObjectFilter & { department?: string | undefined; status?: string | undefined },
): RawBuilder<unknown> {
  const conditions = countedBy(objectClass, filter);
  if (filter.department) conditions.push(sql`c.department = ${folded(filter.department)}`);
  if (filter.status) conditions.push(sql`c.status = ${filter.status}`);
  return sql`(select coalesce(sum(c.present), 0) from object_filter_count c where ${all(conditions)})`;
}

function countedBy(objectClass: string | null, filter: ObjectFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (objectClass !== null) conditions.push(sql`c.object_class = ${classValue(objectClass)}`);
  if (filter.connectionId) conditions.push(sql`c.connection_id = ${filter.connectionId}::uuid`);
  return conditions;
}
