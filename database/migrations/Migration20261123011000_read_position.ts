// Keeps how far an unfinished read has come, so that it can go on from there.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123011000_read_position extends Migration {
  override async up(): Promise<void> {
    // Null where the source cannot resume, and when the read is complete (see queries/sync/unfinished-read.ts).
    this.addSql(`alter table sync_run add read_position jsonb`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table sync_run drop read_position`);
  }
}
