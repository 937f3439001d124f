// Connections, projects, runs, and the objects, memberships and changes that runs write.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122000000_sync extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create extension if not exists pg_trgm`);
    // Staging tables are made per read (see queries/staging.ts) and dropped after it.
    this.addSql(`create schema if not exists staging`);

    this.addSql(`
      create table connection (
        id uuid primary key default uuidv7(),
        name text not null unique,
        type text not null,
        config jsonb not null,
        secrets jsonb not null default '{}',
        status text not null default 'untested' check (status in ('untested', 'ok', 'failed')),
        last_tested_at timestamptz,
        last_test_message text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`
      create table sync_project (
        id uuid primary key default uuidv7(),
        name text not null unique,
        description text,
        connection_id uuid not null references connection (id),
        enabled boolean not null default true,
        scopes jsonb not null,
        attribute_mappings jsonb not null default '[]',
        default_mode text not null default 'full' check (default_mode in ('full', 'incremental')),
        delete_threshold_percent double precision not null default 10,
        error_threshold integer not null default 100,
        schedule jsonb,
        -- Everything that this project claims was at its source at this instant (the last completed full run).
        seen_through_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`create index sync_project_connection on sync_project (connection_id)`);

    // The run row is the queue. project_id has no foreign key: history outlives its project.
    this.addSql(`
      create table sync_run (
        id uuid primary key default uuidv7(),
        project_id uuid not null,
        project_name text not null,
        connection_id uuid not null,
        workflow_id text not null,
        temporal_run_id text,
        trigger text not null check (trigger in ('manual', 'scheduled', 'api', 'event')),
        triggered_by text,
        note text,
        mode text not null check (mode in ('full', 'incremental')),
        dry_run boolean not null default false,
        override_delete_threshold boolean not null default false,
        status text not null default 'queued'
          check (status in ('queued', 'running', 'paused', 'completed', 'failed', 'cancelled')),
        pause_reason text,
        queued_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        cancel_requested_at timestamptz,
        -- The fence: an attempt whose token is lower than this has been overtaken and may write nothing.
        epoch bigint not null default 0,
        -- Which read is complete, and how many entries it staged: logged, while staging itself is not.
        staged_epoch bigint,
        staged_count bigint not null default 0,
        read_count bigint not null default 0,
        rejected_count bigint not null default 0,
        counts jsonb not null default '{}',
        progress_step text,
        progress_percent smallint not null default 0,
        error_code text,
        error_message text
      )`);
    this.addSql(`create unique index sync_run_one_active on sync_run (project_id)
      where status in ('running', 'paused')`);
    this.addSql(`create unique index sync_run_one_queued on sync_run
      (project_id, mode, dry_run, override_delete_threshold) where status = 'queued'`);
    this.addSql(`create index sync_run_project on sync_run (project_id, id desc)`);
    this.addSql(
      `create index sync_run_finished on sync_run (coalesce(finished_at, queued_at) desc, id desc)`,
    );
    this.addSql(
      `create index sync_run_open on sync_run (status) where status in ('queued', 'running', 'paused')`,
    );
    this.addSql(`
      create table sync_run_step (
        run_id uuid not null references sync_run (id) on delete cascade,
        name text not null,
        position smallint not null,
        status text not null check (status in ('pending', 'running', 'retrying', 'completed', 'failed', 'cancelled', 'skipped')),
        attempt integer not null default 0,
        source_failures integer not null default 0,
        started_at timestamptz,
        finished_at timestamptz,
        counts jsonb not null default '{}',
        error_code text,
        error_message text,
        primary key (run_id, name)
      )`);
    this.addSql(`
      create table sync_run_error (
        id uuid primary key default uuidv7(),
        run_id uuid not null references sync_run (id) on delete cascade,
        epoch bigint not null,
        at timestamptz not null default clock_timestamp(),
        step text not null,
        distinguished_name text,
        code text not null,
        message text not null
      )`);
    this.addSql(`create index sync_run_error_run on sync_run_error (run_id, id)`);
    // A batch is applied once: its row commits with what it wrote.
    this.addSql(`
      create table sync_run_batch (
        run_id uuid not null references sync_run (id) on delete cascade,
        step text not null,
        epoch bigint not null,
        batch integer not null,
        counts jsonb not null,
        primary key (run_id, step, epoch, batch)
      )`);
    // What a full run would remove, while it is paused for approval.
    this.addSql(`
      create table sync_pending_removal (
        run_id uuid not null references sync_run (id) on delete cascade,
        object_id uuid not null,
        approved boolean not null default false,
        primary key (run_id, object_id)
      )`);

    // The bulk tables have no foreign keys: a check a row costs more than the row, and nothing deletes their
    // parents but deleteConnection, which clears them itself.
    this.addSql(`
      create table directory_object (
        id uuid primary key default uuidv7(),
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
        content_hash bytea not null,
        side_hash bytea not null,
        members_hash bytea,
        person_id uuid,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null,
        updated_at timestamptz not null,
        removed_at timestamptz,
        search_text text collate pg_c_utf8 generated always as (lower(
          display_name || E'\\n' || coalesce(email, '') || E'\\n' || coalesce(account_name, ''))) stored
      )`);
    this.addSql(`create unique index directory_object_source on directory_object (connection_id, source_id)`);
    this.addSql(`create index directory_object_reference on directory_object (reference_key)
      where removed_at is null`);
    this.addSql(`create index directory_object_alternate on directory_object (alternate_key)
      where removed_at is null and alternate_key is not null`);
    this.addSql(`create index directory_object_name on directory_object (object_class, lower(display_name), id)
      where removed_at is null`);
    this.addSql(`create index directory_object_department on directory_object
      (object_class, lower(department), lower(display_name), id) where removed_at is null and department is not null`);
    // A large pending list, so that a first sync sorts trigrams in bulk; it is emptied after the run.
    this.addSql(`create index directory_object_search on directory_object using gin (search_text gin_trgm_ops)
      with (gin_pending_list_limit = 32768)`);

    // Present objects a connection and class, kept in the transactions that change them: exact totals without a count.
    this.addSql(`
      create table object_count (
        connection_id uuid not null,
        object_class text not null,
        present bigint not null default 0,
        removed bigint not null default 0,
        primary key (connection_id, object_class)
      )`);
    // What differs in the attributes of two versions, as either saw it: names of the first whose values the second lacks.
    this.addSql(`
      create function attributes_differing(one jsonb, other jsonb) returns jsonb
      language sql immutable parallel safe as $$
        select jsonb_object_agg(key, value) from jsonb_each(one) where other -> key is distinct from value
      $$`);
    // Which project saw which object; removed when nobody claims it any more.
    this.addSql(`
      create table object_scope (
        object_id uuid not null,
        project_id uuid not null,
        primary key (object_id, project_id)
      )`);
    // Manager and owner: narrow rows, so that resolving one later rewrites no wide object row.
    this.addSql(`
      create table object_reference (
        object_id uuid not null,
        kind text not null check (kind in ('manager', 'owner')),
        connection_id uuid not null,
        key uuid not null,
        target_id uuid,
        primary key (object_id, kind)
      )`);
    this.addSql(
      `create index object_reference_target on object_reference (target_id) where target_id is not null`,
    );
    this.addSql(
      `create index object_reference_open on object_reference (connection_id, key) where target_id is null`,
    );

    // One row a group, member reference and half-open range [valid_from, valid_to).
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
      )`);
    this.addSql(
      `create unique index membership_open on membership (group_id, member_key) where valid_to is null`,
    );
    this.addSql(
      `create index membership_member on membership (member_id, group_id) where member_id is not null`,
    );
    this.addSql(`create index membership_unresolved on membership (connection_id, member_key)
      where member_id is null and valid_to is null`);
    this.addSql(
      `create index membership_closed on membership (group_id, valid_to) where valid_to is not null`,
    );

    // before and after hold only the attributes that differ; a created object has no before.
    this.addSql(`
      create table object_change (
        id uuid primary key default uuidv7(),
        run_id uuid,
        connection_id uuid not null,
        object_id uuid not null,
        at timestamptz not null,
        kind text not null check (kind in ('created', 'updated', 'removed', 'reactivated')),
        before jsonb,
        after jsonb
      )`);
    this.addSql(`create unique index object_change_run on object_change (run_id, object_id)`);
    this.addSql(`create index object_change_object on object_change (object_id, id)`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop schema if exists staging cascade`);
    this.addSql(`drop function if exists attributes_differing`);
    for (const table of [
      'object_change',
      'membership',
      'object_reference',
      'object_scope',
      'object_count',
      'directory_object',
      'sync_pending_removal',
      'sync_run_batch',
      'sync_run_error',
      'sync_run_step',
      'sync_run',
      'sync_project',
      'connection',
    ])
      this.addSql(`drop table if exists ${table}`);
  }
}
