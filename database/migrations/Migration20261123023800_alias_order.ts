// Identities in the order of their aliases, those without one included.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123023800_alias_order extends Migration {
  override async up(): Promise<void> {
    this.addSql(`drop index person_alias`);
    this.addSql(`create index person_alias on person (lower(alias), id) where dissolved_at is null`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index person_alias`);
    this.addSql(
      `create index person_alias on person (lower(alias), id) where dissolved_at is null and alias is not null`,
    );
  }
}
