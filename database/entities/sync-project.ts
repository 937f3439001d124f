// A sync project: what is read from a connection, how it is mapped, and under which guards.
import { defineEntity, p } from '@mikro-orm/core';
import type { AttributeMapping } from '../../domain/object-fields.ts';
import type { CronSchedule } from '../../domain/schedule.ts';

export interface ProjectScope {
  objectClass: string;
  baseDn: string | null;
  filter: string | null;
}

export type SyncMode = 'full' | 'incremental';

export const SyncProjectEntity = defineEntity({
  name: 'SyncProject',
  tableName: 'sync_project',
  properties: {
    id: p.uuid().primary().defaultRaw('uuidv7()'),
    name: p.text().unique(),
    description: p.text().nullable(),
    connectionId: p.uuid(),
    enabled: p.boolean().default(true),
    scopes: p.json<ProjectScope[]>(),
    attributeMappings: p.json<AttributeMapping[]>(),
    defaultMode: p.text().$type<SyncMode>().default('full'),
    idScanEveryRuns: p.integer().default(1),
    deleteThresholdPercent: p.double().default(10),
    errorThreshold: p.integer().default(100),
    schedule: p.json<CronSchedule>().nullable(),
    scheduleRevision: p.integer().default(0),
    scheduleChangedAt: p.datetime().defaultRaw('now()'),
    seenThroughAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p
      .datetime()
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
});
