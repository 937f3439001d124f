// Files uploaded to a CSV connection, so that every worker reads the same ones.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import {
  bodyFailures,
  conflict,
  failures,
  id,
  idParams,
  list,
  listQuery,
  notFound,
  single,
  stale,
  text,
  time,
} from './schemas.ts';

const c = initContract();

/** A name without folders, as the config's `file` and `membershipFile` name it. */
export const fileName = text(200, 1).refine(
  (name) =>
    !/[/\\]/.test(name) && name !== '.' && name !== '..' && name.trim() === name && name.isWellFormed(),
  'must be the name of a file, without folders or space at its ends',
);

export const uploadedFileSchema = z
  .object({
    name: z.string(),
    size: z.number().int().meta({ description: 'In bytes.' }),
    sha256: z.string().meta({ description: 'In hex.' }),
    uploadedAt: time,
  })
  .meta({ title: 'UploadedFile' });

const fileParams = z.object({ id, name: fileName });

export const connectionFilesContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/connections/:id/files',
      summary: 'Files uploaded to a connection',
      metadata: { scope: 'connections:read' },
      pathParams: idParams,
      query: listQuery(['name', 'uploadedAt'], {}),
      responses: { 200: list(uploadedFileSchema), ...notFound },
    },
    upload: {
      method: 'POST',
      path: '/connections/:id/files',
      summary: 'Upload a file to a CSV connection',
      description:
        'The body is the file as it is, of any length up to a limit (`IDENTITY_CENTER_UPLOAD_LIMIT_MB`). It replaces the file of its name when all of it has arrived; what breaks off before changes nothing.',
      metadata: { scope: 'connections:write', upload: true },
      pathParams: idParams,
      query: z.strictObject({ name: fileName }),
      body: c.noBody(),
      responses: { 201: single(uploadedFileSchema), ...notFound, ...conflict, ...bodyFailures },
    },
    get: {
      method: 'GET',
      path: '/connections/:id/files/:name',
      summary: 'Size, time and digest of an uploaded file',
      metadata: { scope: 'connections:read', entityTag: true },
      pathParams: fileParams,
      query: z.strictObject({}),
      responses: { 200: single(uploadedFileSchema), ...notFound },
    },
    delete: {
      method: 'DELETE',
      path: '/connections/:id/files/:name',
      summary: 'Delete an uploaded file',
      description:
        'A connection that names it then reads the file of that name in the import folder, if there is one.',
      metadata: { scope: 'connections:write', entityTag: true },
      pathParams: fileParams,
      query: z.strictObject({}),
      responses: { 204: c.noBody(), ...notFound, ...stale },
    },
  },
  { commonResponses: failures },
);
