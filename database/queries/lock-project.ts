// Keeps a project from being deleted meanwhile, and reads what a trigger has to know of it.
import { type Queryable, runOne, sql } from '../sql.ts';

export interface LockedProject {
  name: string;
  connectionId: string;
  enabled: boolean;
  mode: 'full' | 'incremental';
}

/** Locked against a deletion until the transaction ends. Served by the primary key. */
export function lockProject(on: Queryable, id: string): Promise<LockedProject | undefined> {
  return runOne<LockedProject>(
    on,
    sql`select name, connection_id as "connectionId", enabled, default_mode as mode
        from sync_project where id = ${id}::uuid for share`,
  );
}

/** As lockProject, for what may take long: nobody but a deletion waits. @returns whether there is such a project */
export async function keepProject(on: Queryable, id: string): Promise<boolean> {
  return (await runOne(on, sql`select from sync_project where id = ${id}::uuid for key share`)) !== undefined;
}
