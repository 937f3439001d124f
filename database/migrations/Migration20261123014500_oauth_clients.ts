// Programs that get tokens by OAuth's client credentials grant.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123014500_oauth_clients extends Migration {
  override async up(): Promise<void> {
    // The id without hyphens is the client id. The secret has 256 random bits, so that a plain digest keeps it.
    this.addSql(`
      create table oauth_client (
        id uuid primary key default uuidv7(),
        name text collate pg_c_utf8 not null,
        secret_hash bytea not null,
        authorities text[] not null,
        scopes text[] not null,
        created_by text not null,
        created_at timestamptz not null default now(),
        last_used_at timestamptz
      )`);
    // A token belongs to an account or to a client, and ends with it.
    this.addSql(`alter table access_token alter column account_id drop not null`);
    this.addSql(
      `alter table access_token add column client_id uuid references oauth_client (id) on delete cascade`,
    );
    this.addSql(`alter table access_token add constraint access_token_holder
      check (num_nonnulls(account_id, client_id) = 1)`);
    this.addSql(`create index access_token_client on access_token (client_id) where client_id is not null`);
  }

  override async down(): Promise<void> {
    this.addSql(`delete from access_token where client_id is not null`);
    this.addSql(`alter table access_token drop column client_id`);
    this.addSql(`alter table access_token alter column account_id set not null`);
    this.addSql(`drop table oauth_client`);
  }
}
