// Files of CSV connections: upload, list, delete.
import { initServer } from '@ts-rest/express';
import type { Request } from 'express';
import { uploadedFileSchema } from '../../contracts/connection-files.ts';
import { contract } from '../../contracts/index.ts';
import { getConnection } from '../../database/queries/list-connections.ts';
import {
  getUploadedFile,
  listUploadedFiles,
  removeUploadedFile,
} from '../../database/queries/uploaded-files.ts';
import { AppError } from '../../domain/app-error.ts';
import { storeUpload } from '../upload.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function connectionFilesRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const connection = async (id: string) => orNotFound(await getConnection(pool, id), 'Connection', id);
  const file = async (id: string, name: string) => {
    await connection(id);
    const found = await getUploadedFile(pool, id, name);
    if (!found) throw noFile(name);
    return found;
  };
  return initServer().router(contract.connectionFiles, {
    list: async (input) => {
      const { id } = await connection(input.params.id);
      return deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: uploadedFileSchema,
        fileName: 'files',
        read: (page) => listUploadedFiles(pool, id, page),
      });
    },
    upload: async ({ req, res, params, query }) => {
      const { id, type } = await connection(params.id);
      if (type !== 'csv')
        throw new AppError(
          'conflict',
          `Connections of type '${type}' read no files; those of type 'csv' do.`,
        );
      const limit = deps.settings.IDENTITY_CENTER_UPLOAD_LIMIT_MB * (1 << 20);
      await storeUpload(pool, req as unknown as Request, { connectionId: id, name: query.name, limit });
      res.setHeader('Location', `/api/connections/${id}/files/${encodeURIComponent(query.name)}`);
      return { status: 201, body: { data: await file(id, query.name) } };
    },
    get: async ({ params }) => ({ status: 200, body: { data: await file(params.id, params.name) } }),
    delete: async ({ params }) => {
      await connection(params.id);
      if (!(await removeUploadedFile(pool, params.id, params.name))) throw noFile(params.name);
      return { status: 204, body: undefined };
    },
  });
}

function noFile(name: string): AppError {
  return new AppError('not_found', `There is no uploaded file '${name}'`);
}
