// Accounts, the tokens they were given, and the counters of the rate limits.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122000100_access extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      create table account (
        id uuid primary key default uuidv7(),
        username text not null unique check (username = lower(username)),
        display_name text not null,
        password_hash text not null,
        role text not null check (role in ('admin', 'operator', 'auditor', 'reviewer')),
        enabled boolean not null default true,
        last_login_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    // The signed token names this row; logging out revokes it. Only a hash of the token is kept.
    this.addSql(`
      create table access_token (
        id uuid primary key default uuidv7(),
        account_id uuid not null references account (id) on delete cascade,
        token_hash bytea not null unique,
        scopes text[] not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        revoked_at timestamptz
      )`);
    this.addSql(`create index access_token_account on access_token (account_id)`);
    this.addSql(`create index access_token_expiry on access_token (expires_at)`);
    // Failures in a row a username (known here or not) and address, by hash; the next try has to wait until then.
    this.addSql(`
      create table login_failure (
        key bytea primary key,
        failures integer not null,
        failed_at timestamptz not null,
        retry_after_at timestamptz not null
      )`);
    // Unlogged: a crash of the database forgives what was used of a limit, and costs nothing else.
    this.addSql(`
      create unlogged table rate_limit (
        key text primary key,
        points integer not null default 0,
        expire bigint
      )`);
  }

  override async down(): Promise<void> {
    for (const table of ['rate_limit', 'login_failure', 'access_token', 'account'])
      this.addSql(`drop table if exists ${table}`);
  }
}
