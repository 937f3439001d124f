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
  type UploadedFileRow,
} from '../../database/queries/uploaded-files.ts';
import { AppError } from '../../domain/app-error.ts';
import { requireMatch, sendTag } from '../http/entity-tag.ts';
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
      return { status: 201, body: { data: shown(await file(id, query.name)) } };
    },
    get: async ({ params, res }) => {
      const found = await file(params.id, params.name);
      sendTag(res, found.version);
      return { status: 200, body: { data: shown(found) } };
    },
    delete: async ({ req, params }) => {
      const { version } = await file(params.id, params.name);
      requireMatch(req as unknown as Request, version);
      // Where another one took its place meanwhile, that one was not meant.
      if (!(await removeUploadedFile(pool, params.id, params.name, version))) throw noFile(params.name);
      return { status: 204, body: undefined };
    },
  });
}

function shown({ version: _version, ...file }: UploadedFileRow & { version: string }): UploadedFileRow {
  return file;
}

function noFile(name: string): AppError {
  return new AppError('not_found', `There is no uploaded file '${name}'`);
}
