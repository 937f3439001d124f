// A person or program that signs in here.
import { defineEntity, p } from '@mikro-orm/core';

export type Role = 'admin' | 'operator' | 'auditor' | 'reviewer';

export const AccountEntity = defineEntity({
  name: 'Account',
  tableName: 'account',
  properties: {
    id: p.uuid().primary().defaultRaw('uuidv7()'),
    username: p.text().unique(),
    displayName: p.text(),
    passwordHash: p.text(),
    role: p.text().$type<Role>(),
    enabled: p.boolean().default(true),
    lastLoginAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p
      .datetime()
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
});
