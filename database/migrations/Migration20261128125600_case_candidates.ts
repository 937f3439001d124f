// Open cases by their candidates: a refresh asks of each person whether one waits for it.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128125600_case_candidates extends Migration {
  override async up(): Promise<void> {
    // Without the list of what is to be added, which every look would walk.
    this.addSql(`create index correlation_case_candidates on correlation_case
      using gin (candidates jsonb_path_ops) with (fastupdate = off) where status = 'open'`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index correlation_case_candidates`);
  }
}
