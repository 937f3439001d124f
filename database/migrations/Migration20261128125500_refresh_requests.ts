// Keys of requests for a refresh in a table of their own: a request that joins a queued refresh has a key too.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128125500_refresh_requests extends Migration {
  override async up(): Promise<void> {
    // A request that is repeated with the same key is answered with the same refresh.
    this.addSql(`
      create table identity_refresh_request (
        identity_profile_id uuid not null references identity_profile (id) on delete cascade,
        key text not null,
        refresh_id uuid not null references identity_refresh (id) on delete cascade,
        primary key (identity_profile_id, key)
      )`);
    // A refresh that is deleted with its profile looks for its keys.
    this.addSql(`create index identity_refresh_request_refresh on identity_refresh_request (refresh_id)`);
    this.addSql(`insert into identity_refresh_request (identity_profile_id, key, refresh_id)
      select identity_profile_id, idempotency_key, id from identity_refresh where idempotency_key is not null`);
    this.addSql(`alter table identity_refresh drop column idempotency_key`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table identity_refresh add idempotency_key text`);
    this.addSql(`update identity_refresh r set idempotency_key = k.key
      from (select refresh_id, min(key) as key from identity_refresh_request group by 1) k where k.refresh_id = r.id`);
    this.addSql(`create unique index identity_refresh_key on identity_refresh (identity_profile_id, idempotency_key)
      where idempotency_key is not null`);
    this.addSql(`drop table identity_refresh_request`);
  }
}
