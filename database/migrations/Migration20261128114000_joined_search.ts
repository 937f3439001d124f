// The search indexes take space and dot for a letter, so that their trigrams lead from one word to the next: a search for
// a full name made of two common ones walks through few entries (ADR 12). The literals are those of search-pieces.ts.
import { Migration } from '@mikro-orm/migrations';

const JOINED = `(translate(search_text, ' .', 'qq')) gin_trgm_ops`;

export class Migration20261128114000_joined_search extends Migration {
  override async up(): Promise<void> {
    this.createIndexes(JOINED);
  }

  override async down(): Promise<void> {
    this.createIndexes('search_text gin_trgm_ops');
  }

  private createIndexes(column: string): void {
    this.addSql(`drop index directory_object_search, person_search`);
    for (const table of ['directory_object', 'person'])
      this.addSql(`create index ${table}_search on ${table} using gin (${column})
        with (gin_pending_list_limit = 32768)`);
  }
}
