// Lets questions about a past moment be answered with the names of then (asOf).
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122222500_names_before extends Migration {
  override async up(): Promise<void> {
    // What a change found, as lists show it; the name is null in rows of before this migration, and of "created".
    this.addSql(`
      alter table object_change add name_before text collate pg_c_utf8,
        add distinguished_name_before text collate pg_c_utf8, add active_before boolean`);
    // Small: the one change that most objects have is "created", and not in it.
    this.addSql(`create index object_change_later on object_change (object_id, at) where kind <> 'created'`);
    // When a connection's history begins.
    this.addSql(`create index sync_run_completed on sync_run (connection_id, started_at)
      where status = 'completed' and not dry_run`);
  }

  override async down(): Promise<void> {
    this.addSql('drop index sync_run_completed');
    this.addSql('drop index object_change_later');
    this.addSql(
      `alter table object_change drop name_before, drop distinguished_name_before, drop active_before`,
    );
  }
}
