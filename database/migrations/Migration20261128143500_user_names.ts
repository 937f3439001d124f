// Who has which user name, by a key of fixed length: a refresh no longer reads all persons to find a name free.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128143500_user_names extends Migration {
  override async up(): Promise<void> {
    // Names are the same where nothing but case, accents and forms of a letter (a final sigma) tells them apart.
    this.addSql(`
      create function user_name_key(given text) returns uuid
      language sql stable parallel safe as $$
        select md5(casefold(coalesce(folded_key(given), '') collate pg_c_utf8))::uuid
      $$`);
    // With an attribute, what it held when it was written, which may be another value by now; without one (''), a name
    // that was given to the person, and stays its own.
    this.addSql(`
      create table user_name (
        key uuid not null,
        person_id uuid not null,
        attribute text collate "C" not null,
        primary key (key, person_id, attribute)
      )`);
    // Attributes of which user_name has every value: those that hold user names.
    this.addSql(`create table user_name_attribute (attribute text collate "C" primary key)`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop table user_name_attribute`);
    this.addSql(`drop table user_name`);
    this.addSql(`drop function user_name_key(text)`);
  }
}
