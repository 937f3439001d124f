// Keeps files that were uploaded to a connection, in pieces, so that every worker reads the same.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122224500_uploaded_files extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      create table uploaded_file (
        id uuid primary key default uuidv7(),
        connection_id uuid not null references connection (id) on delete cascade,
        name text collate pg_c_utf8 not null,
        begun_at timestamptz not null default clock_timestamp(),
        -- The rest is known when all of it is here; until then nobody sees the file.
        size bigint,
        sha256 bytea,
        uploaded_at timestamptz
      )`);
    this.addSql(`create unique index uploaded_file_current on uploaded_file (connection_id, name)
      where uploaded_at is not null`);
    this.addSql(
      `create index uploaded_file_unfinished on uploaded_file (begun_at) where uploaded_at is null`,
    );
    this.addSql(`
      create table uploaded_chunk (
        file_id uuid not null references uploaded_file (id) on delete cascade,
        position integer not null,
        data bytea not null,
        primary key (file_id, position)
      )`);
    // Neither compressed nor searched: they come and go as they are.
    this.addSql(`alter table uploaded_chunk alter data set storage external`);
  }

  override async down(): Promise<void> {
    this.addSql('drop table uploaded_chunk');
    this.addSql('drop table uploaded_file');
  }
}
