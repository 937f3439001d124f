// What correlation needs to come to the same outcome in parts as over everything.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128111500_sound_correlation extends Migration {
  override async up(): Promise<void> {
    // Requests to evaluate everything, and up to which of them it was done: one that comes during a correlation stays.
    this.addSql(`alter table correlation_state drop column everything,
      add asked bigint not null default 1, add answered bigint not null default 0`);
    this.tellKeysSince();
    // A dry run changes nothing that could be correlated.
    this.addSql(`drop index sync_run_uncorrelated`);
    this.addSql(
      `create index sync_run_uncorrelated on sync_run (id) where correlated_at is null and not dry_run`,
    );
    this.keepRuleSets();
    // The accounts that wait because of another account of a person.
    this.addSql(`create index correlation_case_beside on correlation_case (((candidates -> 0 ->> 'personId')::uuid))
      where status = 'open' and reason in ('shared_value', 'recycled_value')`);
    // The persons that people decided about.
    this.addSql(`create index person_link_manual on person_link (person_id) where manual`);
  }

  /**
   * Since when the account has the value. Of whom a rule linked, always: that the other account of his person went
   * before his own changed last says nothing. Written anew, each value once; this was not so before.
   */
  private tellKeysSince(): void {
    this.addSql(`alter table correlation_key add since timestamptz`);
    this.addSql(`
      create temp table kept_key on commit drop as
      select distinct k.object_id, k.connection_id, k.attribute, k.value, k.name, k.removed,
             case when l.object_id is null then o.updated_at else '-infinity' end as since
      from correlation_key k
      join directory_object o on o.id = k.object_id and o.connection_id = k.connection_id
      left join person_link l on l.object_id = k.object_id and not l.manual and l.rule <> 'own person'`);
    this.addSql(`truncate correlation_key`);
    this.addSql(`
      insert into correlation_key (object_id, connection_id, attribute, value, name, removed, since)
      select object_id, connection_id, attribute, value, name, removed, since from kept_key`);
    this.addSql(`alter table correlation_key alter since set not null`);
  }

  /** Links go on being judged by the rules that made them: sets that were replaced stay while links name them. */
  private keepRuleSets(): void {
    this.addSql(`alter table correlation_rule_set add retired_at timestamptz`);
    this.addSql(`alter table correlation_rule_set drop constraint correlation_rule_set_project_id_key`);
    this.addSql(`create unique index correlation_rule_set_present on correlation_rule_set (project_id)
      nulls not distinct where retired_at is null`);
    // The set that a link's rule is of; zeros are the rules that hold where none were saved. Null: no rule made it.
    this.addSql(`alter table person_link add rule_set_id uuid`);
    this.addSql(`
      update person_link l set rule_set_id = coalesce(
        (select s.id from correlation_rule_set s
         where s.project_id is null or exists (
           select from object_scope c where c.object_id = l.object_id and c.connection_id = l.connection_id
             and c.project_id = s.project_id)
         order by s.project_id nulls last limit 1), '00000000-0000-0000-0000-000000000000')
      where not manual and rule <> 'own person'`);
    // Null unless a replaced set decided that the account waits.
    this.addSql(`alter table correlation_case add rule_set_id uuid`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table correlation_case drop column rule_set_id`);
    this.addSql(`alter table person_link drop column rule_set_id`);
    this.addSql(`drop index correlation_rule_set_present`);
    this.addSql(`delete from correlation_rule_set where retired_at is not null`);
    this.addSql(`alter table correlation_rule_set drop column retired_at,
      add constraint correlation_rule_set_project_id_key unique nulls not distinct (project_id)`);
    this.addSql(`drop index person_link_manual`);
    this.addSql(`drop index correlation_case_beside`);
    this.addSql(`drop index sync_run_uncorrelated`);
    this.addSql(`create index sync_run_uncorrelated on sync_run (id) where correlated_at is null`);
    this.addSql(`alter table correlation_key drop column since`);
    this.addSql(`alter table correlation_state drop column asked, drop column answered,
      add everything boolean not null default true`);
  }
}
