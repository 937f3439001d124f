// Lets old changes and runs be forgotten: which runs still have changes, and which could go.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123004200_retention extends Migration {
  override async up(): Promise<void> {
    // True until it is known that there are none, so that no run goes whose changes are kept.
    this.addSql(`alter table sync_run add keeps_changes boolean not null default true`);
    this.addSql(`
      update sync_run r set keeps_changes = false
      where r.finished_at is not null and not exists (
        select from object_change c where c.run_id = r.id and c.connection_id = r.connection_id)`);
    this.addSql(`create index sync_run_keeping on sync_run (started_at)
      where keeps_changes and started_at is not null and finished_at is not null`);
    this.addSql(`create index sync_run_forgettable on sync_run (finished_at)
      where not (keeps_changes and started_at is not null) and finished_at is not null`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index sync_run_forgettable, sync_run_keeping`);
    this.addSql(`alter table sync_run drop keeps_changes`);
  }
}
