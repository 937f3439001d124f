// What a sync project would make of its source, before it is saved.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { bodyFailures, failures, single, sourceFailures } from './schemas.ts';
import { createProjectBody } from './sync-projects.ts';

const c = initContract();

const number = z.number().int();

const previewAttributeSchema = z.object({
  name: z.string(),
  values: z
    .array(z.string())
    .meta({ description: 'At most 10, each at most 300 characters; base64 where `binary` is true.' }),
  valueCount: number,
  binary: z.boolean(),
});

const previewEntrySchema = z
  .object({
    sourceId: z.string(),
    objectClass: z.string(),
    distinguishedName: z.string().nullable(),
    fields: z.record(z.string(), z.string().nullable()).meta({
      description:
        'Every field of the class, null where it stays empty; `managerId` and `ownerId` as the source writes them.',
    }),
    attributes: z.array(previewAttributeSchema),
    memberCount: number,
  })
  .meta({ title: 'PreviewEntry' });

export const previewSchema = z
  .object({
    entries: z.array(previewEntrySchema),
    warnings: z.array(
      z.object({ objectClass: z.string(), field: z.string().nullable(), message: z.string() }),
    ),
    rejected: z.array(
      z.object({ distinguishedName: z.string().nullable(), code: z.string(), message: z.string() }),
    ),
    notices: z.array(z.string()),
    read: z
      .record(z.string(), number)
      .meta({ description: 'How many entries the warnings rest on, by class.' }),
  })
  .meta({ title: 'ProjectPreview' });

export const projectPreviewContract = c.router(
  {
    preview: {
      method: 'POST',
      path: '/sync/projects/preview',
      summary: 'Show ten entries as a project would map them, before it is saved',
      description:
        'Reads a sample of each class from the source and stores nothing. Warns of fields that stay empty and of mapped attributes that never occur.',
      metadata: { scope: 'sync:write' },
      query: z.strictObject({}),
      body: createProjectBody.partial({ name: true }),
      responses: { 200: single(previewSchema), ...bodyFailures, ...sourceFailures },
    },
  },
  { commonResponses: failures },
);
