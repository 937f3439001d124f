// What correlation needs to come to the same outcome in parts as over everything.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128111500_sound_correlation extends Migration {
  override async up(): Promise<void> {
    // Requests to evaluate everything, and up to which of them it was done: one that comes during a correlation stays.
    this.addSql(`alter table correlation_state drop column everything,
      add asked bigint not null default 1, add answered bigint not null default 0`);
    // Since when the account has the value: all keys are made anew.
    this.addSql(`truncate correlation_key`);
    this.addSql(`alter table correlation_key add since timestamptz not null`);
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

  /** Links go on being judged by the rules that made them: sets that were replaced stay while links name them. */
  private keepRuleSets(): void {
    this.addSql(`alter table correlation_rule_set add retired_at timestamptz`);
    this.addSql(`alter table correlation_rule_set drop constraint correlation_rule_set_project_id_key`);
    this.addSql(`create unique index correlation_rule_set_present on correlation_rule_set (project_id)
      nulls not distinct where retired_at is null`);
    // The set that a link's rule is of; zeros are the rules that hold where none were saved. Null: no rule made it.
    this.addSql(`alter table person_link add rule_set_id uuid`);
    this.addSql(`
      update person_link set rule_set_id = coalesce(
        (select id from correlation_rule_set where project_id is null), '00000000-0000-0000-0000-000000000000')
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
