// Connections: list, create, change, delete, test, and the source's schema.
import { LockMode } from '@mikro-orm/core';
import { initServer } from '@ts-rest/express';
import type { Request, Response } from 'express';
import { connectionSchema, connectionsContract } from '../../contracts/connections.ts';
import { contract } from '../../contracts/index.ts';
import { ConnectionEntity } from '../../database/entities/connection.ts';
import { orNameTaken } from '../../database/entity-errors.ts';
import { deleteConnection } from '../../database/queries/delete-connection.ts';
import { profilesReading } from '../../database/queries/identity-profiles/profiles-reading.ts';
import {
  type ConnectionRow,
  getConnection,
  listConnections,
} from '../../database/queries/list-connections.ts';
import { newId } from '../../database/queries/new-id.ts';
import { recordConnectionTest } from '../../database/queries/record-connection-test.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Source } from '../../domain/identity-profiles/profile-config.ts';
import { requirePrincipal } from '../auth/principal.ts';
import {
  checkConfig,
  definitionOf,
  mergeConfig,
  openConfig,
  sealConfig,
  shownConfig,
} from '../connection-config.ts';
import { testConnection, testSummary, UNSAVED, withConnector } from '../connection-test.ts';
import { correlateSoon } from '../decide.ts';
import { rowSchemaOf } from '../http/csv.ts';
import { requireMatch, sendTag } from '../http/entity-tag.ts';
import { pageOf } from '../http/page-of.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function connectionsRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const shown = (row: ConnectionRow) => {
    const { secretsSet, version, ...connection } = row;
    return { ...connection, config: shownConfig(deps.connectors, row) };
  };
  const answer = async (id: string, response: Response) => {
    const row = orNotFound(await getConnection(pool, id), 'Connection', id);
    sendTag(response, row.version);
    return { data: shown(row) };
  };
  return initServer().router(contract.connections, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: connectionSchema,
        fileName: 'connections',
        read: async (page) => {
          const result = await listConnections(pool, input.query, page);
          return { ...result, rows: result.rows.map(shown) };
        },
      }),
    create: async ({ body, res }) => {
      const id = await createConnection(deps, body);
      res.setHeader('Location', `/api/connections/${id}`);
      return { status: 201, body: await answer(id, res) };
    },
    get: async ({ params, res }) => ({ status: 200, body: await answer(params.id, res) }),
    update: async ({ req, params, body, res }) => {
      await updateConnection(deps, params.id, body, req as unknown as Request);
      return { status: 200, body: await answer(params.id, res) };
    },
    delete: async ({ req, params }) => {
      const request = req as unknown as Request;
      const { username: by } = requirePrincipal(request);
      const check = (version: string) => requireMatch(request, version);
      const deleted = await deleteConnection(pool, params.id, { by, check });
      orNotFound(deleted || undefined, 'Connection', params.id);
      await correlateSoon(deps, request);
      return { status: 204, body: undefined };
    },
    test: async ({ params, res }) => ({
      status: 200,
      body: { data: await testStored(deps, params.id, res) },
    }),
    testUnsaved: async ({ body, res }) => ({
      status: 200,
      body: { data: await testUnsaved(deps, body, res) },
    }),
    schema: async (input) => {
      const attributes = await readSchema(deps, input.params.id, input.res);
      return deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: rowSchemaOf(connectionsContract.schema.responses[200]),
        fileName: 'schema',
        read: async (page) => pageOf(attributes, page),
      });
    },
  });
}

interface Draft {
  name: string;
  type: string;
  config: Record<string, unknown>;
}

async function createConnection(deps: RouteDeps, { name, type, config }: Draft): Promise<string> {
  const definition = definitionOf(deps.connectors, type);
  const checked = checkConfig(definition, config);
  const id = await newId(deps.database.pool);
  const em = deps.database.orm.em.fork();
  em.create(ConnectionEntity, { id, name, type, ...sealConfig(deps.secretBox, definition, id, checked) });
  await orNameTaken(em.flush(), `There is a connection named '${name}' already.`);
  return id;
}

async function updateConnection(
  deps: RouteDeps,
  id: string,
  body: Partial<Pick<Draft, 'name' | 'config'>>,
  request: Request,
) {
  const updated = deps.database.orm.em.fork().transactional(async (em) => {
    // Locked, since the new settings are laid over the old ones.
    const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
    const found = await em.findOne(ConnectionEntity, { id }, lock);
    const connection = orNotFound(found ?? undefined, 'Connection', id);
    const { version } = orNotFound(await getConnection(deps.database.pool, id), 'Connection', id);
    requireMatch(request, version);
    if (body.name !== undefined && body.name !== connection.name) {
      await refuseRename(deps, connection);
      connection.name = body.name;
    }
    if (body.config === undefined) return;
    const definition = definitionOf(deps.connectors, connection.type);
    const merged = mergeConfig(deps.secretBox, definition, id, connection, body.config);
    Object.assign(connection, sealConfig(deps.secretBox, definition, id, merged));
    // What was tested is not what is stored now.
    Object.assign(connection, { status: 'untested', lastTestedAt: null, lastTestMessage: null });
  });
  await orNameTaken(updated, `There is a connection named '${body.name}' already.`);
}

/** What is computed by a name would not be computed any more. @throws AppError `conflict` naming the profiles. */
async function refuseRename(deps: RouteDeps, connection: Source): Promise<void> {
  const names = await profilesReading(deps.database.pool, connection, { byName: true });
  if (names.length > 0)
    throw new AppError(
      'conflict',
      `Transforms of identity profiles name this connection by its name; have them name it by its ID (sourceId: ${connection.id}) first: ${names.join(', ')}.`,
    );
}

/** The stored connection, opened, as a connector wants it. */
async function openStored(deps: RouteDeps, id: string) {
  const em = deps.database.orm.em.fork();
  const connection = orNotFound((await em.findOne(ConnectionEntity, { id })) ?? undefined, 'Connection', id);
  return {
    connection,
    opened: { id, type: connection.type, config: openConfig(deps.secretBox, id, connection) },
  };
}

async function testStored(deps: RouteDeps, id: string, response: Response) {
  const { connection, opened } = await openStored(deps, id);
  const { config, secrets } = connection;
  const test = await testConnection(deps, opened, response);
  const result = { status: test.ok ? 'ok' : 'failed', message: testSummary(test) } as const;
  await recordConnectionTest(deps.database.pool, { id, config, secrets }, result);
  return test;
}

async function testUnsaved(
  deps: RouteDeps,
  body: Omit<Draft, 'name'> & { id?: string | undefined },
  response: Response,
) {
  const definition = definitionOf(deps.connectors, body.type);
  if (body.id === undefined) {
    const config = checkConfig(definition, body.config);
    return testConnection(deps, { id: UNSAVED, type: body.type, config }, response);
  }
  const { connection } = await openStored(deps, body.id);
  if (connection.type !== body.type)
    throw new AppError('not_found', `Connection '${body.id}' is of another type`);
  const config = mergeConfig(deps.secretBox, definition, body.id, connection, body.config);
  return testConnection(deps, { id: body.id, type: body.type, config }, response);
}

async function readSchema(deps: RouteDeps, id: string, response: Response) {
  const { opened } = await openStored(deps, id);
  const attributes = await withConnector(deps, opened, response, async (connector, signal) => {
    if (!connector.schema)
      throw new AppError('conflict', `Connections of type '${opened.type}' have no schema that can be read.`);
    return connector.schema(signal);
  });
  return attributes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
