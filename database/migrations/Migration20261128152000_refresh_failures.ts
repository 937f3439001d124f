// Whose refresh failed for a reason that is not in the data waits behind the others, and not in front of them.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128152000_refresh_failures extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table refresh_wanted add failures integer not null default 0`);
    this.addSql(
      `create index refresh_wanted_failed on refresh_wanted (failures, person_id) where failures > 0`,
    );
  }

  override async down(): Promise<void> {
    this.addSql(`drop index refresh_wanted_failed`);
    this.addSql(`alter table refresh_wanted drop column failures`);
  }
}
