// Keeps where the next read of changes may begin, and how often the ids are scanned.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122222600_watermarks extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      alter table sync_project add id_scan_every_runs integer not null default 1 check (id_scan_every_runs >= 0)`);
    this.addSql(`
      alter table sync_run
        -- What was really read: an incremental run may have to read everything.
        add read_mode text check (read_mode in ('full', 'incremental')),
        -- All ids were compared with what is stored, so that what is gone is known.
        add ids_scanned boolean not null default false,
        -- The project's next watermark, once this run is complete.
        add next_watermark jsonb`);
    // The latest complete full and the latest complete incremental read of a project.
    this.addSql(`
      create table sync_watermark (
        project_id uuid not null references sync_project (id) on delete cascade,
        read_mode text not null check (read_mode in ('full', 'incremental')),
        run_id uuid not null,
        read_at timestamptz not null,
        watermark jsonb not null,
        -- Digests of what it holds for: scopes, mappings, connection.
        basis jsonb not null,
        -- Complete incremental runs since all ids were last compared.
        runs_since_scan integer not null default 0,
        primary key (project_id, read_mode)
      )`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop table sync_watermark`);
    this.addSql(`alter table sync_run drop read_mode, drop ids_scanned, drop next_watermark`);
    this.addSql(`alter table sync_project drop id_scan_every_runs`);
  }
}
