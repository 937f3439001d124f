// What was read of a connection lies in partitions of its own (ADR 22): their names, and how a table becomes one.
import type pg from 'pg';
import { type Queryable, run, runOne, sql } from './sql.ts';

/** The tables that are partitioned by connection. */
export const PARTITIONED = [
  'directory_object',
  'object_scope',
  'object_reference',
  'membership',
  'object_change',
] as const;
export type PartitionedTable = (typeof PARTITIONED)[number];

/** PostgreSQL's error code of a lock_timeout. */
const LOCK_NOT_AVAILABLE = '55P03';

/** The name of a connection's partition; of letters, digits and underscores only. */
export function partitionName(table: PartitionedTable, connectionId: string): string {
  return `${table}_${connectionId.replaceAll('-', '')}`;
}

/** Whether anything was ever stored of the connection. */
export async function hasPartitions(on: Queryable, connectionId: string): Promise<boolean> {
  return tableExists(on, partitionName('directory_object', connectionId));
}

/** Whether there is a table or view of this name. */
export async function tableExists(on: Queryable, name: string): Promise<boolean> {
  const row = await runOne<{ found: boolean }>(on, sql`select to_regclass(${name}) is not null as found`);
  return row?.found ?? false;
}

/**
 * Makes `table` with the columns, defaults and checks of `parent` but no index, for the rows of one connection: the
 * check lets it be attached without being read.
 */
export async function createLike(
  on: Queryable,
  parent: PartitionedTable,
  table: string,
  connectionId: string,
): Promise<void> {
  await on.query(`
    create table ${table} (like ${parent} including defaults including generated including constraints including storage,
      constraint of_connection check (connection_id = '${connectionId}'));
    alter table ${table} alter connection_id set default '${connectionId}'`);
}

/** The statements that give `table` the indexes `parent` has; repeating one that was carried out does nothing. */
export async function indexStatements(
  on: Queryable,
  parent: PartitionedTable,
  table: string,
): Promise<string[]> {
  const rows = await run<{ name: string; definition: string }>(
    on,
    sql`
      select i.relname as name, pg_get_indexdef(i.oid) as definition
      from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid = ${parent}::regclass order by i.relname`,
  );
  return rows.map(({ name, definition }) => {
    const [, unique = '', using] = /^CREATE (UNIQUE )?INDEX .*? (USING .*)$/s.exec(definition) ?? [];
    const suffix = name.slice(parent.length);
    return `create ${unique}index if not exists ${bareName(table)}${suffix} on ${table} ${using}`;
  });
}

/** Puts `table` in its place as the connection's partition of `parent`; its indexes are taken over. */
export async function attachPartition(
  client: pg.PoolClient,
  parent: PartitionedTable,
  table: string,
  connectionId: string,
): Promise<void> {
  const name = partitionName(parent, connectionId);
  await client.query(`
    alter table ${table} set schema public;
    alter table public.${bareName(table)} rename to ${name};
    alter table ${parent} attach partition ${name} for values in ('${connectionId}');
    alter table ${name} drop constraint of_connection, alter connection_id drop default`);
}

/** A table's name without its schema. */
export function bareName(table: string): string {
  return table.slice(table.indexOf('.') + 1);
}

/**
 * Drops the partitions of connections that were deleted. Waits only a moment for those who use the tables, since
 * everybody else would wait behind it; what could not be dropped is left for the next time.
 */
export async function dropForsakenPartitions(on: Queryable): Promise<void> {
  const forsaken = await run<{ name: string }>(
    on,
    sql`
      select c.relname as name
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
      where i.inhparent = any (${[...PARTITIONED]}::text[]::regclass[])
        and not exists (select from connection n where right(c.relname, 32) = replace(n.id::text, '-', ''))`,
  );
  for (const { name } of forsaken) {
    await on
      .query(`set local lock_timeout = '200ms'; drop table if exists ${name}`)
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      });
  }
}
