// Runs can be paused by a person, and say since when, how often and what else there is to know of them.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122222100_pauses extends Migration {
  override async up(): Promise<void> {
    // `pauses` counts, so that what was said about one pause is not taken for an answer to the next.
    this.addSql(`alter table sync_run add paused_at timestamptz, add pauses integer not null default 0,
      add pause_requested_at timestamptz, add notice text`);
    this.addSql(`update sync_run set paused_at = clock_timestamp(), pauses = 1 where status = 'paused'`);
    this.addSql(`alter table sync_run add check (pause_reason in ('delete_threshold', 'operator'))`);
  }
}
