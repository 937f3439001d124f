// Sync projects: list, create, change, delete, and the trigger of a run.
import { type EntityManager, LockMode } from '@mikro-orm/core';
import { initServer } from '@ts-rest/express';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ConnectorDefinition } from '../../connectors/registry.ts';
import { contract } from '../../contracts/index.ts';
import { projectSchema, type updateProjectBody } from '../../contracts/sync-projects.ts';
import { ConnectionEntity } from '../../database/entities/connection.ts';
import { type ProjectScope, SyncProjectEntity } from '../../database/entities/sync-project.ts';
import { orNameTaken } from '../../database/entity-errors.ts';
import { deleteProject } from '../../database/queries/delete-project.ts';
import { getProject, listProjects, type ProjectRow } from '../../database/queries/list-projects.ts';
import { newId } from '../../database/queries/new-id.ts';
import { checkMappings } from '../../domain/mapping-checks.ts';
import type { AttributeMapping } from '../../domain/object-fields.ts';
import { type CronSchedule, checkSchedule } from '../../domain/schedule.ts';
import { requirePrincipal } from '../auth/principal.ts';
import { definitionOf } from '../connection-config.ts';
import { correlateSoon } from '../decide.ts';
import { requireMatch, sendTag } from '../http/entity-tag.ts';
import { requestId } from '../http/request-context.ts';
import { invalidRequest } from '../http/validation-errors.ts';
import { triggerRun } from '../trigger-run.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

type Settings = z.output<typeof updateProjectBody>;

export function syncProjectsRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const answer = async (id: string, response: Response) => {
    const row = await existingProject(deps, id);
    sendTag(response, row.version);
    return { data: shown(row) };
  };
  return initServer().router(contract.syncProjects, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: projectSchema,
        fileName: 'sync-projects',
        read: async (page) => {
          const result = await listProjects(pool, input.query, page);
          return { ...result, rows: result.rows.map(shown) };
        },
      }),
    create: async ({ body, res }) => {
      const id = await createProject(deps, body);
      if (body.schedule) await deps.schedules.tell(id);
      res.setHeader('Location', `/api/sync/projects/${id}`);
      return { status: 201, body: await answer(id, res) };
    },
    get: async ({ params, res }) => ({ status: 200, body: await answer(params.id, res) }),
    update: async ({ req, params, body, res }) => {
      await updateProject(deps, params.id, body, req as unknown as Request);
      if (body.schedule !== undefined || body.enabled !== undefined) await deps.schedules.tell(params.id);
      return { status: 200, body: await answer(params.id, res) };
    },
    delete: async ({ req, params }) => {
      const request = req as unknown as Request;
      const deleted = await deleteProject(pool, params.id, (version) => requireMatch(request, version));
      orNotFound(deleted || undefined, 'Sync project', params.id);
      await correlateSoon(deps, request);
      await deps.schedules.tell(params.id);
      return { status: 204, body: undefined };
    },
    run: async ({ req, res, params, body }) => {
      const logger = deps.logger.child({ requestId: requestId(req as Request) });
      const caller = requirePrincipal(req as Request);
      const run = await triggerRun({ ...deps, logger }, params.id, body ?? {}, caller);
      res.setHeader('Location', `/api/sync/history/${run.id}`);
      return { status: 202, body: { data: run } };
    },
  });
}

async function existingProject(deps: RouteDeps, id: string): Promise<ProjectRow> {
  return orNotFound(await getProject(deps.database.pool, id), 'Sync project', id);
}

function shown({ version: _version, ...project }: ProjectRow) {
  return project;
}

/** @throws AppError `invalid_request` for a schedule that is none. */
function refuseUnusable(settings: Settings): void {
  const wrong = settings.schedule ? checkSchedule(settings.schedule) : [];
  if (wrong.length > 0)
    throw invalidRequest(wrong.map(({ path, message }) => ({ path: `body.schedule.${path}`, message })));
}

/** @throws AppError `invalid_request` naming what cannot be read or mapped. */
export function checkProject(
  definition: ConnectorDefinition,
  scopes: ProjectScope[],
  mappings: AttributeMapping[],
): void {
  const details = definition
    .checkScopes(scopes)
    .map(({ path, message }) => ({ path: `body.scopes.${path}`, message }));
  const problems = checkMappings(mappings, [...new Set(scopes.map((scope) => scope.objectClass))]);
  // One way to write a place in a list, as the schemas have it: `attributeMappings.0.target`.
  details.push(
    ...problems.map(({ path, message }) => ({ path: path.replace(/\[(\d+)\]/g, '.$1'), message })),
  );
  if (details.length > 0) throw invalidRequest(details);
}

async function createProject(
  deps: RouteDeps,
  body: Settings & { name: string; connectionId: string },
): Promise<string> {
  refuseUnusable(body);
  const id = await newId(deps.database.pool);
  const created = deps.database.orm.em.fork().transactional((em) => insertProject(deps, em, id, body));
  await orNameTaken(created, `There is a sync project named '${body.name}' already.`);
  return id;
}

async function insertProject(
  deps: RouteDeps,
  em: EntityManager,
  id: string,
  body: Settings & { name: string; connectionId: string },
): Promise<void> {
  // Locked against a deletion at this moment.
  const lock = { lockMode: LockMode.PESSIMISTIC_READ };
  const connection = await em.findOne(ConnectionEntity, { id: body.connectionId }, lock);
  if (!connection)
    throw invalidRequest([{ path: 'body.connectionId', message: 'there is no connection with this ID' }]);
  const definition = definitionOf(deps.connectors, connection.type);
  const scopes = body.scopes ?? definition.defaultScopes(connection.config);
  const attributeMappings = body.attributeMappings ?? [];
  checkProject(definition, scopes, attributeMappings);
  em.create(SyncProjectEntity, {
    ...withoutUndefined(body),
    id,
    scopes,
    attributeMappings,
    schedule: body.schedule ?? null,
    scheduleRevision: body.schedule ? 1 : 0,
  } as never);
}

async function updateProject(deps: RouteDeps, id: string, body: Settings, request: Request): Promise<void> {
  refuseUnusable(body);
  const updated = deps.database.orm.em.fork().transactional(async (em) => {
    // Locked, since what is checked is the old and the new together.
    const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
    const found = await em.findOne(SyncProjectEntity, { id }, lock);
    const project = orNotFound(found ?? undefined, 'Sync project', id);
    requireMatch(request, (await existingProject(deps, id)).version);
    const before = scheduleState(project);
    Object.assign(project, withoutUndefined(body));
    if (scheduleState(project) !== before) {
      project.scheduleRevision += 1;
      project.scheduleChangedAt = new Date();
    }
    if (body.scopes === undefined && body.attributeMappings === undefined) return;
    const connection = await em.findOneOrFail(ConnectionEntity, { id: project.connectionId });
    checkProject(definitionOf(deps.connectors, connection.type), project.scopes, project.attributeMappings);
  });
  await orNameTaken(updated, `There is a sync project named '${body.name}' already.`);
}

/** What Temporal is told of a project. */
function scheduleState(project: { enabled: boolean; schedule?: CronSchedule | null | undefined }): string {
  const { enabled, schedule } = project;
  return JSON.stringify([enabled, schedule?.cron, schedule?.timeZone]);
}

function withoutUndefined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
