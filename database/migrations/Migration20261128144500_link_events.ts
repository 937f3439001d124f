// What a person's accounts went through is read by person alone: one index instead of three.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261128144500_link_events extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table person_link_event drop constraint person_link_event_pkey`);
    this.addSql(`drop index person_link_event_person`);
    this.addSql(`drop index person_link_event_object`);
    this.addSql(`alter table person_link_event add primary key (person_id, id)`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table person_link_event drop constraint person_link_event_pkey`);
    this.addSql(`alter table person_link_event add primary key (id)`);
    this.addSql(`create index person_link_event_person on person_link_event (person_id, id)`);
    this.addSql(`create index person_link_event_object on person_link_event (object_id, id)`);
  }
}
