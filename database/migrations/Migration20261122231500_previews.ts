// What dry runs would change, kept apart from the history of objects.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122231500_previews extends Migration {
  override async up(): Promise<void> {
    // As object_change, but of objects that may not be there yet.
    this.addSql(`
      create table sync_run_preview (
        id uuid primary key default uuidv7(),
        run_id uuid not null references sync_run (id) on delete cascade,
        object_id uuid,
        object_class text not null,
        name text collate pg_c_utf8 not null,
        kind text not null check (kind in ('created', 'updated', 'removed', 'reactivated')),
        before jsonb,
        after jsonb
      )`);
    this.addSql(`create index sync_run_preview_run on sync_run_preview (run_id, id)`);
  }
}
