// Keeps how many persons there are, so that totals of unfiltered lists walk no index.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128143500_person_count extends Migration {
  override async up(): Promise<void> {
    // Persons who are not dissolved. One row: whoever changes it waits for whoever did before, and is read as a whole.
    this.addSql(`
      create table person_count (
        one boolean primary key default true check (one),
        correlated bigint not null,
        uncorrelated bigint not null
      )`);
    // Counted by triggers and not by each statement that makes, dissolves, revives or correlates persons: none can be
    // forgotten. Once a statement, of what the statement came to.
    this.addSql(`
      create function count_persons() returns trigger language plpgsql as $$
      declare
        more bigint := 0;
        more_correlated bigint := 0;
        fewer bigint := 0;
        fewer_correlated bigint := 0;
      begin
        if tg_op in ('INSERT', 'UPDATE') then
          select count(*), count(*) filter (where correlated) into more, more_correlated
          from new_person where dissolved_at is null;
        end if;
        if tg_op in ('UPDATE', 'DELETE') then
          select count(*), count(*) filter (where correlated) into fewer, fewer_correlated
          from old_person where dissolved_at is null;
        end if;
        if tg_op = 'TRUNCATE' then
          update person_count set correlated = 0, uncorrelated = 0;
        elsif (more, more_correlated) <> (fewer, fewer_correlated) then
          update person_count set correlated = correlated + more_correlated - fewer_correlated,
            uncorrelated = uncorrelated + (more - more_correlated) - (fewer - fewer_correlated);
        end if;
        return null;
      end $$`);
    this.addSql(`create trigger person_count_insert after insert on person
      referencing new table as new_person for each statement execute function count_persons()`);
    this.addSql(`create trigger person_count_update after update on person
      referencing old table as old_person new table as new_person for each statement execute function count_persons()`);
    this.addSql(`create trigger person_count_delete after delete on person
      referencing old table as old_person for each statement execute function count_persons()`);
    this.addSql(`create trigger person_count_truncate after truncate on person
      for each statement execute function count_persons()`);
    // Nobody else writes persons any more until this commits.
    this.addSql(`insert into person_count (correlated, uncorrelated)
      select count(*) filter (where correlated), count(*) filter (where not correlated)
      from person where dissolved_at is null`);
  }

  override async down(): Promise<void> {
    for (const event of ['insert', 'update', 'delete', 'truncate'])
      this.addSql(`drop trigger person_count_${event} on person`);
    this.addSql(`drop function count_persons()`);
    this.addSql(`drop table person_count`);
  }
}
