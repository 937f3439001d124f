// How often in a row a worker was lost in a step, so that a run which kills its workers does not do so for ever.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123012800_lost_attempts extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      alter table sync_run_step
        add column lost_attempts integer not null default 0,
        add column lost_at_percent smallint not null default 0`);
  }
}
