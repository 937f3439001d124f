// What operators are told of runs: written with the run's own record, delivered later, as often as it takes.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122223600_notifications extends Migration {
  override async up(): Promise<void> {
    // The channels that settings configure, as the API process that started last has them.
    this.addSql(`
      create table notification_channel (
        name text primary key check (name in ('webhook', 'email')),
        since timestamptz not null default clock_timestamp()
      )`);
    // The trouble that a project is in; no row: none.
    this.addSql(`
      create table project_alert (
        project_id uuid primary key references sync_project (id) on delete cascade,
        state text not null check (state in ('failed', 'paused', 'overdue', 'cancelled')),
        since timestamptz not null default clock_timestamp()
      )`);
    this.addSql(`
      create table notification (
        id uuid primary key default uuidv7(),
        project_id uuid not null,
        type text not null,
        at timestamptz not null default clock_timestamp(),
        data jsonb not null
      )`);
    this.addSql(`
      create table notification_delivery (
        notification_id uuid not null references notification (id) on delete cascade,
        channel text not null,
        project_id uuid not null,
        status text not null default 'pending' check (status in ('pending', 'delivered', 'given_up')),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default clock_timestamp(),
        last_error text,
        ended_at timestamptz,
        primary key (notification_id, channel)
      )`);
    this.addSql(`create index notification_delivery_pending
      on notification_delivery (channel, project_id, notification_id) where status = 'pending'`);
  }

  override async down(): Promise<void> {
    for (const table of ['notification_delivery', 'notification', 'project_alert', 'notification_channel'])
      this.addSql(`drop table if exists ${table}`);
  }
}
