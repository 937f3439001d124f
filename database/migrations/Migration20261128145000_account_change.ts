// Notes which sign-in accounts changed in a way that shows in persons, for the refresh to bring it there.
import { Migration } from '@mikro-orm/migrations';

const COUNTED = (row: string) =>
  `(${row}.username, ${row}.enabled, ${row}.role = 'admin', ${row}.last_login_at is null)`;

export class Migration20261128145000_account_change extends Migration {
  override async up(): Promise<void> {
    // By user name and not by person, and without a key: who signs in waits neither for a correlation nor for a refresh
    // that writes the same person into refresh_wanted, and a refresh that is under way forgets nobody.
    this.addSql(`
      create table account_change (
        username text not null,
        at timestamptz not null default now()
      )`);
    // Whoever changes accounts, by whatever way: operators do it in the database itself.
    this.addSql(`
      create function note_account_change() returns trigger language plpgsql as $$
      begin
        insert into account_change (username)
        select distinct username from (values (old.username), (new.username)) n (username) where username is not null;
        return null;
      end $$`);
    this.addSql(`create trigger account_change_rows after insert or delete on account
      for each row execute function note_account_change()`);
    this.addSql(`create trigger account_change_update after update on account
      for each row when (${COUNTED('old')} is distinct from ${COUNTED('new')}) execute function note_account_change()`);
    // What changed until now shows in nobody yet.
    this.addSql(`insert into account_change (username) select username from account`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop trigger account_change_rows on account`);
    this.addSql(`drop trigger account_change_update on account`);
    this.addSql(`drop function note_account_change()`);
    this.addSql(`drop table account_change`);
  }
}
