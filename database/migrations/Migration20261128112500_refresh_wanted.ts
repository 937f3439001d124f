// Who waits for a refresh stands in a table of its own: marking a person no longer rewrites its row and all its indexes.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128112500_refresh_wanted extends Migration {
  override async up(): Promise<void> {
    // Persons whose accounts, profile or correlation case changed since their last refresh, dissolved ones too.
    this.addSql(`
      create table refresh_wanted (
        person_id uuid primary key,
        wanted_at timestamptz not null default now()
      )`);
    this.addSql(`insert into refresh_wanted (person_id) select id from person where refresh_wanted`);
    this.addSql(`drop index person_unrefreshed`);
    this.addSql(`drop index person_dissolved`);
    this.addSql(`alter table person drop column refresh_wanted`);
    // The one that goes on, and those that wait.
    this.addSql(
      `create index identity_refresh_open on identity_refresh (id) where status in ('queued', 'running')`,
    );
    // The first value that there is, in the order of its input; any_value does the same, and promises less.
    this.addSql(`create aggregate first_known(anyelement) (
      sfunc = pg_catalog.any_value_transfn, stype = anyelement, parallel = safe)`);
    // A refresh rewrites every row of a page at once: with room for both, no index hears of it.
    this.addSql(`alter table person set (fillfactor = 50)`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index identity_refresh_open`);
    this.addSql(`drop aggregate first_known(anyelement)`);
    this.addSql(`alter table person set (fillfactor = 70)`);
    this.addSql(`alter table person add refresh_wanted boolean not null default false`);
    this.addSql(`update person set refresh_wanted = true where id in (select person_id from refresh_wanted)`);
    this.addSql(`alter table person alter refresh_wanted set default true`);
    this.addSql(
      `create index person_unrefreshed on person (id) where dissolved_at is null and refresh_wanted`,
    );
    this.addSql(
      `create index person_dissolved on person (id) where dissolved_at is not null and refresh_wanted`,
    );
    this.addSql(`drop table refresh_wanted`);
  }
}
