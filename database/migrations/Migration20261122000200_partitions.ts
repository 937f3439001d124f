// Gives each connection partitions of its own (ADR 22), and objects one digest of what their source sent.
import { Migration } from '@mikro-orm/migrations';

const OBJECT_COLUMNS = `id, connection_id, source_id, object_class, distinguished_name, reference_key, alternate_key,
  display_name, account_name, user_principal_name, given_name, surname, email, employee_id, department, title, company,
  phone, description, group_type, status, is_active, last_logon_at, password_last_set_at, account_expires_at,
  source_created_at, source_changed_at, member_attribute, member_count, attributes, side_attributes, members_hash,
  person_id, first_seen_at, last_seen_at, updated_at, removed_at`;
const REFERENCE_COLUMNS = 'object_id, kind, connection_id, key, target_id';
const MEMBERSHIP_COLUMNS = `group_id, member_key, member_id, connection_id, reference, valid_from, valid_to,
  opened_run_id, closed_run_id`;
const CHANGE_COLUMNS = 'id, run_id, connection_id, object_id, at, kind, before, after';

/** What each table's rows are filled from; objects get no digest, so that the next run compares them. */
const MOVED = {
  directory_object: `(${OBJECT_COLUMNS}, digest) select ${OBJECT_COLUMNS}, '' from old_directory_object`,
  object_scope: `(object_id, project_id, connection_id) select s.object_id, s.project_id, o.connection_id
    from old_object_scope s join old_directory_object o on o.id = s.object_id`,
  object_reference: `(${REFERENCE_COLUMNS}) select ${REFERENCE_COLUMNS} from old_object_reference`,
  membership: `(${MEMBERSHIP_COLUMNS}) select ${MEMBERSHIP_COLUMNS} from old_membership`,
  object_change: `(${CHANGE_COLUMNS}) select ${CHANGE_COLUMNS} from old_object_change`,
};

export class Migration20261122000200_partitions extends Migration {
  override async up(): Promise<void> {
    // What an open run staged has another shape: it reads again.
    this.addSql(`update sync_run set staged_epoch = null where status in ('running', 'paused')`);
    // A read whose staging became the connection's partitions as a whole has nothing left to merge.
    this.addSql(`alter table sync_run add adopted boolean not null default false`);
    for (const table of Object.keys(MOVED)) {
      this.addSql(`alter table ${table} rename to old_${table}`);
      // Their names are wanted again.
      this.addSql(`do $$ declare each record; begin
        for each in select indexrelid::regclass::text as name from pg_index where indrelid = 'old_${table}'::regclass
        loop execute format('alter index %s rename to %I', each.name, 'old_' || each.name); end loop; end $$`);
    }
    this.createTables();
    this.createIndexes();
    this.createFunctions();
    this.addSql(`do $$ declare each record; begin
      for each in select id from connection loop perform create_partitions(each.id); end loop; end $$`);
    for (const [table, rows] of Object.entries(MOVED)) this.addSql(`insert into ${table} ${rows}`);
    for (const table of Object.keys(MOVED)) this.addSql(`drop table old_${table}`);
  }

  /** No keys and no foreign keys: unique indexes serve, and what is attached must only have their like. */
  private createTables(): void {
    this.addSql(`
      create table directory_object (
        id uuid not null default uuidv7(),
        connection_id uuid not null,
        source_id text collate "C" not null,
        object_class text not null,
        distinguished_name text collate pg_c_utf8,
        reference_key uuid not null,
        alternate_key uuid,
        display_name text collate pg_c_utf8 not null,
        account_name text collate pg_c_utf8,
        user_principal_name text collate pg_c_utf8,
        given_name text collate pg_c_utf8,
        surname text collate pg_c_utf8,
        email text collate pg_c_utf8,
        employee_id text collate pg_c_utf8,
        department text collate pg_c_utf8,
        title text collate pg_c_utf8,
        company text collate pg_c_utf8,
        phone text collate pg_c_utf8,
        description text collate pg_c_utf8,
        group_type text collate pg_c_utf8,
        status text not null check (status in ('active', 'disabled')),
        is_active boolean not null,
        last_logon_at timestamptz,
        password_last_set_at timestamptz,
        account_expires_at timestamptz,
        source_created_at timestamptz,
        source_changed_at timestamptz,
        member_attribute text,
        member_count integer not null default 0,
        attributes jsonb not null,
        side_attributes jsonb not null default '{}',
        -- Of the entry as its source sent it, and of the mapping it was stored under.
        digest bytea not null,
        members_hash bytea,
        person_id uuid,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null,
        updated_at timestamptz not null,
        removed_at timestamptz,
        search_text text collate pg_c_utf8 generated always as (lower(
          display_name || E'\\n' || coalesce(email, '') || E'\\n' || coalesce(account_name, ''))) stored
      ) partition by list (connection_id)`);
    this.addSql(`
      create table object_scope (
        object_id uuid not null,
        project_id uuid not null,
        connection_id uuid not null
      ) partition by list (connection_id)`);
    this.addSql(`
      create table object_reference (
        object_id uuid not null,
        kind text not null check (kind in ('manager', 'owner')),
        connection_id uuid not null,
        key uuid not null,
        target_id uuid
      ) partition by list (connection_id)`);
    this.addSql(`
      create table membership (
        group_id uuid not null,
        member_key uuid not null,
        member_id uuid,
        connection_id uuid not null,
        reference text not null,
        valid_from timestamptz not null,
        valid_to timestamptz,
        opened_run_id uuid,
        closed_run_id uuid
      ) partition by list (connection_id)`);
    // What "created" began with is not kept twice: first_version works it out.
    this.addSql(`
      create table object_change (
        id uuid not null default uuidv7(),
        run_id uuid,
        connection_id uuid not null,
        object_id uuid not null,
        at timestamptz not null,
        kind text not null check (kind in ('created', 'updated', 'removed', 'reactivated')),
        before jsonb,
        after jsonb
      ) partition by list (connection_id)`);
  }

  /** connection_id comes last: within a partition it says nothing, but unique indexes must have it. */
  private createIndexes(): void {
    this.addSql(`create unique index directory_object_id on directory_object (id, connection_id)`);
    this.addSql(`create unique index directory_object_source on directory_object (source_id, connection_id)`);
    this.addSql(`create index directory_object_reference on directory_object (reference_key)
      where removed_at is null`);
    this.addSql(`create index directory_object_alternate on directory_object (alternate_key)
      where removed_at is null and alternate_key is not null`);
    this.addSql(`create index directory_object_name on directory_object (object_class, lower(display_name), id)
      where removed_at is null`);
    this.addSql(`create index directory_object_department on directory_object
      (object_class, lower(department), lower(display_name), id) where removed_at is null and department is not null`);
    // A large pending list, so that merges sort trigrams in bulk; it is emptied after the run.
    this.addSql(`create index directory_object_search on directory_object using gin (search_text gin_trgm_ops)
      with (gin_pending_list_limit = 32768)`);
    this.addSql(
      `create unique index object_scope_claim on object_scope (object_id, project_id, connection_id)`,
    );
    this.addSql(
      `create unique index object_reference_kind on object_reference (object_id, kind, connection_id)`,
    );
    this.addSql(
      `create index object_reference_target on object_reference (target_id) where target_id is not null`,
    );
    this.addSql(`create index object_reference_open on object_reference (key) where target_id is null`);
    this.addSql(`create unique index membership_open on membership (group_id, member_key, connection_id)
      where valid_to is null`);
    this.addSql(
      `create index membership_member on membership (member_id, group_id) where member_id is not null`,
    );
    this.addSql(`create index membership_unresolved on membership (member_key)
      where member_id is null and valid_to is null`);
    this.addSql(
      `create index membership_closed on membership (group_id, valid_to) where valid_to is not null`,
    );
    this.addSql(`create unique index object_change_run on object_change (run_id, object_id, connection_id)`);
    this.addSql(`create index object_change_object on object_change (object_id, id)`);
  }

  private createFunctions(): void {
    // Ordinarily a first read is adopted as a connection's partitions; this makes empty ones.
    this.addSql(`
      create function create_partitions(connection uuid) returns void language plpgsql as $$
      declare parent text;
      begin
        foreach parent in array array[${Object.keys(MOVED)
          .map((table) => `'${table}'`)
          .join(', ')}] loop
          execute format('create table if not exists %I partition of %I for values in (%L)',
                         parent || '_' || replace(connection::text, '-', ''), parent, connection);
        end loop;
      end $$`);
    this.addSql(`
      create function ordered_values(given jsonb) returns jsonb
      language sql immutable parallel safe as $$
        select case jsonb_typeof(given)
          when 'array' then (select jsonb_agg(value order by value #>> '{}' collate "C") from jsonb_array_elements(given))
          when 'object' then jsonb_build_object('binary', ordered_values(given -> 'binary'))
          else given end
      $$`);
    // The order of an attribute's values says nothing.
    this.addSql(`
      create or replace function attributes_differing(one jsonb, other jsonb) returns jsonb
      language sql immutable parallel safe as $$
        select jsonb_object_agg(key, value) from jsonb_each(one)
        where other -> key is distinct from value
          and (jsonb_array_length(case jsonb_typeof(value) when 'array' then value else '[]' end) = 1
               or ordered_values(other -> key) is distinct from ordered_values(value))
      $$`);
    this.addSql(`
      create function names_in(attributes jsonb) returns text[]
      language sql immutable parallel safe as $$
        select coalesce(array_agg(name), '{}') from jsonb_object_keys(coalesce(attributes, '{}')) name
      $$`);
    // Two changes one after the other as one: before, what the first found, and of attributes that it left alone, what
    // the second found; after, the other way round; without what is as it was.
    this.addSql(`
      create function combined_change(before1 jsonb, after1 jsonb, before2 jsonb, after2 jsonb,
                                      out before jsonb, out after jsonb)
      language sql immutable parallel safe as $$
        select attributes_differing(b, a), attributes_differing(a, b)
        from (select (coalesce(before2, '{}') - names_in(before1) - names_in(after1)) || coalesce(before1, '{}') as b,
                     (coalesce(after1, '{}') - names_in(before2) - names_in(after2)) || coalesce(after2, '{}') as a) ends
      $$`);
    // Every change keeps what it replaced, so an object's first version is what it holds now with all changes undone:
    // of each attribute that ever changed, what the earliest change says was there before.
    this.addSql(`
      create function first_version(connection uuid, object uuid) returns jsonb
      language sql stable parallel safe as $$
        select (o.attributes - coalesce(undone.names, '{}'))
               || (case when o.distinguished_name is null then '{}'
                        else jsonb_build_object('distinguishedName', jsonb_build_array(o.distinguished_name)) end)
               || coalesce(undone.before, '{}')
        from directory_object o
        cross join lateral (
          select array_agg(name) as names, jsonb_object_agg(name, before) filter (where before is not null) as before
          from (select distinct on (name) name, c.before -> name as before
                from object_change c, jsonb_object_keys(coalesce(c.before, '{}') || coalesce(c.after, '{}')) name
                where c.connection_id = connection and c.object_id = object
                  and c.kind <> 'created' and not starts_with(name, 'mapped.')
                order by name, c.id) earliest) undone
        where o.connection_id = connection and o.id = object
      $$`);
  }
}
