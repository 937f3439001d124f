// A person's history has what people decided about its lifecycle state, too; persons are found by what a refresh made of them.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128151500_lifecycle extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      alter table person_link_event
        alter object_id drop not null, alter connection_id drop not null,
        -- What was set by hand; null where it was given back to the accounts.
        add lifecycle_state text check (lifecycle_state in ('active', 'inactive', 'terminated')),
        drop constraint person_link_event_action_check,
        add constraint person_link_event_action_check
          check (action in ('linked', 'unlinked', 'merged', 'split', 'lifecycle')),
        add constraint person_link_event_account
          check (action = 'lifecycle' or (object_id is not null and connection_id is not null))`);
  }

  override async down(): Promise<void> {
    this.addSql(`delete from person_link_event where action = 'lifecycle'`);
    this.addSql(`
      alter table person_link_event
        drop constraint person_link_event_account, drop constraint person_link_event_action_check,
        add constraint person_link_event_action_check check (action in ('linked', 'unlinked', 'merged', 'split')),
        drop lifecycle_state, alter object_id set not null, alter connection_id set not null`);
  }
}
