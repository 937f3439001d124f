// A connection: one source system, its settings, and its secrets encrypted.
import { defineEntity, p } from '@mikro-orm/core';

export type ConnectionStatus = 'untested' | 'ok' | 'failed';

export const ConnectionEntity = defineEntity({
  name: 'Connection',
  tableName: 'connection',
  properties: {
    id: p.uuid().primary().defaultRaw('uuidv7()'),
    name: p.text().unique(),
    type: p.text(),
    config: p.json<Record<string, unknown>>(),
    /** Field name → sealed value (see domain/secret-box.ts). */
    secrets: p.json<Record<string, string>>(),
    status: p.text().$type<ConnectionStatus>().default('untested'),
    lastTestedAt: p.datetime().nullable(),
    lastTestMessage: p.text().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p
      .datetime()
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
});
