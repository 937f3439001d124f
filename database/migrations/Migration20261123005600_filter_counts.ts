// Makes filtered lists and lists of members cost the same in large directories as in small ones.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123005600_filter_counts extends Migration {
  override async up(): Promise<void> {
    // Present objects a connection, class, status and department, kept beside object_count: exact totals of the
    // filters that may leave half of a million. The department is folded; '' where there is none.
    this.addSql(`
      create table object_filter_count (
        connection_id uuid not null,
        object_class text not null,
        department text collate pg_c_utf8 not null,
        status text not null,
        present bigint not null default 0,
        primary key (connection_id, object_class, department, status)
      )`);
    this.addSql(`
      insert into object_filter_count (connection_id, object_class, department, status, present)
      select connection_id, object_class, coalesce(lower(department), ''), status, count(*)
      from directory_object where removed_at is null group by 1, 2, 3, 4`);
    // By group first: what a group lists that nobody answers to is asked for with its members.
    this.addSql(`drop index membership_unresolved`);
    this.addSql(`create index membership_unresolved on membership (group_id, member_key)
      where member_id is null and valid_to is null`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index membership_unresolved`);
    this.addSql(`create index membership_unresolved on membership (member_key)
      where member_id is null and valid_to is null`);
    this.addSql(`drop table object_filter_count`);
  }
}
