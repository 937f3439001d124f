// Filters of identities: indexes for the few who are protected or uncorrelated, and statistics of folded names.
import { Migration } from '@mikro-orm/migrations';

const FOLDED = ['display_name', 'given_name', 'surname', 'alias', 'email'];

export class Migration20261128113800_identity_filters extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create index person_protected on person (id) where dissolved_at is null and protected`);
    // By id alone: every new person passes through this one, and ids come in order.
    this.addSql(
      `create index person_uncorrelated on person (id) where dissolved_at is null and not correlated`,
    );
    // The planner takes no statistics from partial indexes. Without these it holds one person of 200 for fit, whatever
    // is asked, so that twenty addresses with or between them were looked for by reading everybody in order.
    for (const column of FOLDED)
      this.addSql(`create statistics person_folded_${column} on (lower(${column})) from person`);
    this.addSql('analyze person');
  }

  override async down(): Promise<void> {
    for (const column of FOLDED) this.addSql(`drop statistics person_folded_${column}`);
    this.addSql('drop index person_protected, person_uncorrelated');
  }
}
