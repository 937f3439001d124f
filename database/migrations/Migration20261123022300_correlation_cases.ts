// Serves the list of open cases, the oldest first.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123022300_correlation_cases extends Migration {
  override async up(): Promise<void> {
    this.addSql(
      `create index correlation_case_list on correlation_case (created_at, id) where status = 'open'`,
    );
  }

  override async down(): Promise<void> {
    this.addSql(`drop index correlation_case_list`);
  }
}
