// Schedules of projects: what Temporal has been told of them, scheduled times of runs, and runs that nobody works on.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122222600_schedules extends Migration {
  override async up(): Promise<void> {
    // Tells the schedules of this installation from others' on the same Temporal server.
    this.addSql(`create table installation (
      id uuid primary key default uuidv7(),
      only_one boolean not null unique default true check (only_one)
    )`);
    this.addSql(`insert into installation default values`);
    // The revision rises with each change; Temporal has been told up to schedule_applied.
    this.addSql(`
      alter table sync_project
        add schedule_revision integer not null default 0,
        add schedule_applied integer not null default 0,
        add schedule_changed_at timestamptz not null default now()`);
    this.addSql(`
      create index sync_project_schedule_due on sync_project (id) where schedule_applied < schedule_revision`);
    this.addSql(`
      alter table sync_run
        add scheduled_for timestamptz,
        add stall_code text,
        add stall_message text,
        add stalled_since timestamptz`);
    // A scheduled time makes one run, however often Temporal or a worker repeats it.
    this.addSql(`
      create unique index sync_run_scheduled on sync_run (project_id, scheduled_for) where scheduled_for is not null`);
    this.addSql(`
      create index sync_run_project_completed on sync_run (project_id, finished_at desc) where status = 'completed' and not dry_run`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index sync_run_project_completed, sync_run_scheduled, sync_project_schedule_due`);
    this.addSql(`
      alter table sync_run drop scheduled_for, drop stall_code, drop stall_message, drop stalled_since`);
    this.addSql(`
      alter table sync_project drop schedule_revision, drop schedule_applied, drop schedule_changed_at`);
    this.addSql(`drop table installation`);
  }
}
