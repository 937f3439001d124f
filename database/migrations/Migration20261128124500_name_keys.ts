// Keeps by which keys a name is found once a name, not once an account that has it.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128124500_name_keys extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      create table name_key (
        name text collate "C" not null,
        value text collate "C" not null,
        primary key (value, name)
      )`);
    this.addSql(`create index name_key_name on name_key (name)`);
    // The next correlation makes names and their keys anew.
    this.addSql(`delete from correlation_key where attribute = '~name'`);
    this.addSql(`alter table correlation_key drop column name`);
    this.addSql(`update correlation_state set asked = asked + 1`);
    // Hardly any value is one of two attributes: with one column, new keys cost a fifth less.
    this.addSql(`drop index correlation_key_value`);
    this.addSql(`create index correlation_key_value on correlation_key (value)`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index correlation_key_value`);
    this.addSql(`create index correlation_key_value on correlation_key (value, attribute)`);
    this.addSql(`drop table name_key`);
    this.addSql(`delete from correlation_key where attribute = '~name'`);
    this.addSql(`alter table correlation_key add name text collate "C"`);
    this.addSql(`update correlation_state set asked = asked + 1`);
  }
}
