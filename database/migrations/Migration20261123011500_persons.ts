// Persons, which account belongs to whom and why, what is left for a person to decide, and identity profiles.
import { Migration } from '@mikro-orm/migrations';

const TABLES = [
  'correlation_case',
  'correlation_dirty',
  'correlation_key',
  'correlation_rule_set',
  'correlation_state',
  'person_link_denial',
  'person_link_event',
  'person_link',
  'person',
  'identity_profile',
];

export class Migration20261123011500_persons extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create extension if not exists fuzzystrmatch`);
    this.addSql(`create extension if not exists unaccent`);
    // Which person an object belongs to is said by person_link alone.
    this.addSql(`alter table directory_object drop column person_id`);
    this.createProfiles();
    this.createPersons();
    this.createLinks();
    this.createCorrelation();
  }

  override async down(): Promise<void> {
    for (const table of TABLES) this.addSql(`drop table if exists ${table} cascade`);
    this.addSql(`drop function if exists folded_key(text)`);
    this.addSql(`alter table directory_object add person_id uuid`);
    this.addSql(`alter table sync_run drop column correlated_at`);
  }

  private createProfiles(): void {
    this.addSql(`
      create table identity_profile (
        id uuid primary key default uuidv7(),
        name text collate pg_c_utf8 not null,
        description text,
        -- A person; no foreign key: the person may be merged into another one.
        owner_id uuid,
        priority integer not null,
        -- The authoritative source: a connection that a profile names cannot be deleted.
        connection_id uuid not null references connection (id),
        enabled boolean not null default true,
        -- As it was written: the order of its keys matters to transforms.
        identity_attribute_config json not null,
        -- Accounts or the profile changed in a way that only a refresh brings to its persons.
        identity_refresh_required boolean not null default true,
        has_time_based_attr boolean not null default false,
        -- Of the latest refresh that had failures: { taskResultId, reportName }.
        exception_report jsonb,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`create unique index identity_profile_name on identity_profile (lower(name))`);
    this.addSql(`create index identity_profile_connection on identity_profile (connection_id)`);
  }

  private createPersons(): void {
    this.addSql(`
      create table person (
        id uuid primary key default uuidv7(),
        -- The account that the person was made for: whenever it belongs to nobody else, this is its person.
        anchor_object_id uuid unique,
        identity_profile_id uuid references identity_profile (id) on delete set null,
        display_name text collate pg_c_utf8 not null,
        given_name text collate pg_c_utf8,
        surname text collate pg_c_utf8,
        email text collate pg_c_utf8,
        employee_id text collate pg_c_utf8,
        department text collate pg_c_utf8,
        title text collate pg_c_utf8,
        -- The account name of the authoritative account.
        alias text collate pg_c_utf8,
        manager_id uuid,
        is_manager boolean not null default false,
        status text not null default 'active' check (status in ('active', 'inactive', 'terminated')),
        -- The identity attributes that the profile worked out.
        attributes jsonb not null default '{}',
        correlated boolean not null default false,
        protected boolean not null default false,
        processing_state text check (processing_state in ('ERROR', 'OK')),
        -- Identity attribute → why it could not be worked out.
        processing_errors jsonb,
        identity_status text not null default 'UNREGISTERED' check (identity_status in (
          'UNREGISTERED', 'REGISTERED', 'PENDING', 'WARNING', 'DISABLED', 'ACTIVE', 'DEACTIVATED', 'TERMINATED',
          'ERROR', 'LOCKED')),
        lifecycle_state text not null default 'active' check (lifecycle_state in ('active', 'inactive', 'terminated')),
        -- Set by hand; accounts no longer change it.
        lifecycle_manual boolean not null default false,
        last_refresh_at timestamptz,
        -- What its accounts say has changed since its last refresh.
        refresh_wanted boolean not null default true,
        -- No account is left; nothing but history answers for such a one.
        dissolved_at timestamptz,
        -- The person that took its anchor over.
        merged_into uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        search_text text collate pg_c_utf8 generated always as (lower(
          display_name || E'\\n' || coalesce(email, '') || E'\\n' || coalesce(alias, '') || E'\\n'
          || coalesce(employee_id, ''))) stored
      ) with (fillfactor = 70)`);
    // Room in each page, so that a refresh that changes no indexed column stays in its page.
    const index = (name: string, columns: string, where = '') =>
      this.addSql(`create index person_${name} on person (${columns}) where dissolved_at is null${where}`);
    // The bare name beside it, without which an expression index is never read alone: deep offsets walk it.
    this.addSql(`create index person_name on person (lower(display_name), id) include (display_name)
      where dissolved_at is null`);
    this.addSql(`create index person_name_correlated on person (lower(display_name), id) include (display_name)
      where dissolved_at is null and correlated`);
    this.addSql(`create index person_correlated on person (id) where dissolved_at is null and correlated`);
    index('alias', 'lower(alias), id', ' and alias is not null');
    index('given_name', 'lower(given_name), id', ' and given_name is not null');
    index('surname', 'lower(surname), id', ' and surname is not null');
    index('email', 'lower(email), id', ' and email is not null');
    index('status', 'identity_status, id');
    index('profile', 'identity_profile_id, id');
    index('manager', 'manager_id', ' and manager_id is not null');
    index('failed', 'id', ` and processing_state = 'ERROR'`);
    index('unrefreshed', 'id', ' and refresh_wanted');
    this.addSql(`create index person_search on person using gin (search_text gin_trgm_ops)
      with (gin_pending_list_limit = 32768)`);
  }

  private createLinks(): void {
    // One link an object; connection_id is the object's. No foreign keys: persons are never deleted, and the deletion
    // of a connection takes its links away.
    this.addSql(`
      create table person_link (
        object_id uuid primary key,
        connection_id uuid not null,
        person_id uuid not null,
        rule text not null,
        confidence smallint not null check (confidence between 0 and 100),
        manual boolean not null default false,
        linked_by text,
        linked_at timestamptz not null default now(),
        run_id uuid
      )`);
    this.addSql(`create index person_link_person on person_link (person_id)`);
    this.addSql(`create index person_link_connection on person_link (connection_id)`);
    // Append only: what was linked, unlinked, merged and split, by whom.
    this.addSql(`
      create table person_link_event (
        id uuid primary key default uuidv7(),
        object_id uuid not null,
        connection_id uuid not null,
        person_id uuid not null,
        action text not null check (action in ('linked', 'unlinked', 'merged', 'split')),
        rule text,
        confidence smallint,
        by text,
        run_id uuid,
        at timestamptz not null default now()
      )`);
    this.addSql(`create index person_link_event_person on person_link_event (person_id, id)`);
    this.addSql(`create index person_link_event_object on person_link_event (object_id, id)`);
    // Unlinked by hand: no run links these two again.
    this.addSql(`
      create table person_link_denial (
        object_id uuid not null,
        person_id uuid not null references person (id),
        by text,
        at timestamptz not null default now(),
        primary key (object_id, person_id)
      )`);
  }

  private createCorrelation(): void {
    // How values are compared: case, accents, width and outer white space say nothing. Written to be inlined, which
    // asks for a body no less stable than the function says; plain letters take a short way.
    this.addSql(`
      create function folded_key(given text) returns text
      language sql stable parallel safe as $$
        select nullif(btrim(case when octet_length(given) = char_length(given) then lower(given collate pg_c_utf8)
          else lower(public.unaccent('public.unaccent'::regdictionary, normalize(given, NFKC)) collate pg_c_utf8) end), '')
      $$`);
    // What accounts are compared by. Of names, the value is how they sound and the first letter; the name is beside it.
    this.addSql(`
      create table correlation_key (
        object_id uuid not null,
        connection_id uuid not null,
        attribute text collate "C" not null,
        value text collate "C" not null,
        name text collate "C",
        removed boolean not null
      )`);
    this.addSql(`create index correlation_key_object on correlation_key (object_id)`);
    this.addSql(`create index correlation_key_value on correlation_key (value, attribute)`);
    // Runs whose changes were not correlated yet; when "everything" is set, all accounts are to be evaluated anew.
    this.addSql(`alter table sync_run add correlated_at timestamptz`);
    this.addSql(`create index sync_run_uncorrelated on sync_run (id) where correlated_at is null`);
    this.addSql(`
      create table correlation_state (
        one boolean primary key default true check (one),
        everything boolean not null default true
      )`);
    this.addSql(`insert into correlation_state default values`);
    // Accounts that a person decided about since; the next correlation evaluates them and those they touch.
    this.addSql(`create table correlation_dirty (object_id uuid primary key)`);
    this.addSql(`
      create table correlation_case (
        id uuid primary key default uuidv7(),
        object_id uuid not null,
        connection_id uuid not null,
        reason text not null check (reason in ('several_persons', 'shared_value', 'recycled_value', 'similar_name')),
        -- [{ personId, rule, confidence }], the best first.
        candidates jsonb not null,
        status text not null default 'open' check (status in ('open', 'resolved')),
        resolution jsonb,
        resolved_by text,
        resolved_at timestamptz,
        run_id uuid,
        created_at timestamptz not null default now()
      )`);
    this.addSql(
      `create unique index correlation_case_open on correlation_case (object_id) where status = 'open'`,
    );
    this.addSql(`create index correlation_case_object on correlation_case (object_id, id)`);
    this.addSql(`
      create table correlation_rule_set (
        id uuid primary key default uuidv7(),
        -- Null: the set of all projects that have none of their own.
        project_id uuid unique nulls not distinct references sync_project (id) on delete cascade,
        rules jsonb not null,
        link_threshold smallint not null default 95 check (link_threshold between 1 and 100),
        review_threshold smallint not null default 75 check (review_threshold between 1 and 100),
        version integer not null default 1,
        updated_at timestamptz not null default now(),
        check (review_threshold <= link_threshold)
      )`);
  }
}
