// Refreshes of identity profiles with their progress, and the indexes by which a refresh goes through persons.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123021100_identity_refresh extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      create table identity_refresh (
        id uuid primary key default uuidv7(),
        identity_profile_id uuid not null references identity_profile (id) on delete cascade,
        status text not null default 'queued' check (status in ('queued', 'running', 'completed', 'failed')),
        requested_by text not null,
        -- A request that is repeated with the same key is answered with the same refresh.
        idempotency_key text,
        -- About how many persons there are to refresh, how many were, and how many of them with failures.
        total integer not null default 0,
        done integer not null default 0,
        failed integer not null default 0,
        -- Where the next batch begins.
        position uuid,
        error_code text,
        error_message text,
        queued_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz
      )`);
    this.addSql(`create index identity_refresh_profile on identity_refresh (identity_profile_id, id)`);
    // One waits at most: it will see whatever is asked for until it begins.
    this.addSql(`create unique index identity_refresh_queued on identity_refresh (identity_profile_id)
      where status = 'queued'`);
    this.addSql(`create unique index identity_refresh_key on identity_refresh (identity_profile_id, idempotency_key)
      where idempotency_key is not null`);
    // The persons of a connection in order.
    this.addSql(`create index person_link_order on person_link (connection_id, person_id)`);
    this.addSql(`drop index person_link_connection`);
    this.addSql(
      `create index person_dissolved on person (id) where dissolved_at is not null and refresh_wanted`,
    );
  }

  override async down(): Promise<void> {
    this.addSql(`drop index person_dissolved`);
    this.addSql(`create index person_link_connection on person_link (connection_id)`);
    this.addSql(`drop index person_link_order`);
    this.addSql(`drop table identity_refresh`);
  }
}
