// The migrations in the order they are applied; listed, so that no process reads a folder to find them.
import { Migration20261122000000_sync } from './Migration20261122000000_sync.ts';
import { Migration20261122000100_access } from './Migration20261122000100_access.ts';
import { Migration20261122000200_partitions } from './Migration20261122000200_partitions.ts';
import { Migration20261122222100_pauses } from './Migration20261122222100_pauses.ts';
import { Migration20261122222500_names_before } from './Migration20261122222500_names_before.ts';
import { Migration20261122222600_schedules } from './Migration20261122222600_schedules.ts';
import { Migration20261122222600_watermarks } from './Migration20261122222600_watermarks.ts';
import { Migration20261122223600_notifications } from './Migration20261122223600_notifications.ts';
import { Migration20261122224500_uploaded_files } from './Migration20261122224500_uploaded_files.ts';
import { Migration20261122231500_previews } from './Migration20261122231500_previews.ts';
import { Migration20261123004200_retention } from './Migration20261123004200_retention.ts';
import { Migration20261123005600_filter_counts } from './Migration20261123005600_filter_counts.ts';
import { Migration20261123011000_read_position } from './Migration20261123011000_read_position.ts';
import { Migration20261123011500_persons } from './Migration20261123011500_persons.ts';
import { Migration20261123012800_lost_attempts } from './Migration20261123012800_lost_attempts.ts';
import { Migration20261123014500_oauth_clients } from './Migration20261123014500_oauth_clients.ts';
import { Migration20261123021100_identity_refresh } from './Migration20261123021100_identity_refresh.ts';
import { Migration20261123022300_correlation_cases } from './Migration20261123022300_correlation_cases.ts';
import { Migration20261123023800_alias_order } from './Migration20261123023800_alias_order.ts';
import { Migration20261128111500_sound_correlation } from './Migration20261128111500_sound_correlation.ts';
import { Migration20261128112500_refresh_wanted } from './Migration20261128112500_refresh_wanted.ts';
import { Migration20261128113800_identity_filters } from './Migration20261128113800_identity_filters.ts';

export const MIGRATIONS = [
  { name: 'Migration20261122000000_sync', class: Migration20261122000000_sync },
  { name: 'Migration20261122000100_access', class: Migration20261122000100_access },
  { name: 'Migration20261122000200_partitions', class: Migration20261122000200_partitions },
  { name: 'Migration20261122222500_names_before', class: Migration20261122222500_names_before },
  { name: 'Migration20261122222600_schedules', class: Migration20261122222600_schedules },
  { name: 'Migration20261122222600_watermarks', class: Migration20261122222600_watermarks },
  { name: 'Migration20261122222100_pauses', class: Migration20261122222100_pauses },
  { name: 'Migration20261122223600_notifications', class: Migration20261122223600_notifications },
  { name: 'Migration20261122224500_uploaded_files', class: Migration20261122224500_uploaded_files },
  { name: 'Migration20261122231500_previews', class: Migration20261122231500_previews },
  { name: 'Migration20261123004200_retention', class: Migration20261123004200_retention },
  { name: 'Migration20261123005600_filter_counts', class: Migration20261123005600_filter_counts },
  { name: 'Migration20261123011500_persons', class: Migration20261123011500_persons },
  { name: 'Migration20261123014500_oauth_clients', class: Migration20261123014500_oauth_clients },
  { name: 'Migration20261123012800_lost_attempts', class: Migration20261123012800_lost_attempts },
  { name: 'Migration20261123011000_read_position', class: Migration20261123011000_read_position },
  { name: 'Migration20261123021100_identity_refresh', class: Migration20261123021100_identity_refresh },
  { name: 'Migration20261123022300_correlation_cases', class: Migration20261123022300_correlation_cases },
  { name: 'Migration20261123023800_alias_order', class: Migration20261123023800_alias_order },
  { name: 'Migration20261128111500_sound_correlation', class: Migration20261128111500_sound_correlation },
  { name: 'Migration20261128112500_refresh_wanted', class: Migration20261128112500_refresh_wanted },
  { name: 'Migration20261128113800_identity_filters', class: Migration20261128113800_identity_filters },
];
