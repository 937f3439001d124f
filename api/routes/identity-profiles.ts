// Identity profiles: list, create, change, delete, preview and refresh.
import { initServer } from '@ts-rest/express';
import type { Request, Response } from 'express';
import type pg from 'pg';
import type { z } from 'zod';
import {
  type createProfileBody,
  identityProfileSchema,
  identityRefreshSchema,
  type updateProfileBody,
} from '../../contracts/identity-profiles.ts';
import { contract } from '../../contracts/index.ts';
import { orNameTaken } from '../../database/entity-errors.ts';
import { askForEverything } from '../../database/queries/correlation/correlation-state.ts';
import { inTurn } from '../../database/queries/correlation/lock.ts';
import { readSources } from '../../database/queries/identity-profiles/enabled-profiles.ts';
import {
  getProfile,
  listProfiles,
  type ProfileRow,
} from '../../database/queries/identity-profiles/list-profiles.ts';
import { getRefresh, listRefreshes } from '../../database/queries/identity-profiles/refreshes.ts';
import {
  deleteProfile,
  holdConnection,
  holdSources,
  insertProfile,
  lockProfile,
  type ProfileSettings,
  personExists,
  updateProfile,
} from '../../database/queries/identity-profiles/save-profile.ts';
import { transaction } from '../../database/sql.ts';
import {
  findSource,
  hasTimeBasedAttribute,
  type IdentityAttributeConfig,
  sourcesOf,
} from '../../domain/identity-profiles/profile-config.ts';
import { requirePrincipal } from '../auth/principal.ts';
import { requireMatch, sendTag, tagged } from '../http/entity-tag.ts';
import { invalidRequest } from '../http/validation-errors.ts';
import { previewPerson, requireServable } from '../preview-person.ts';
import { requestRefresh } from '../request-refresh.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

/** Of a profile that names none. */
const USUAL_PRIORITY = 10;
const NO_MAPPINGS: IdentityAttributeConfig = { enabled: true, attributeTransforms: [] };

export function identityProfilesRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const existing = async (id: string) => orNotFound(await getProfile(pool, id), 'Identity profile', id);
  const answer = async (id: string, response: Response) => {
    const row = await existing(id);
    sendTag(response, row.version);
    return { data: shown(row) };
  };
  return initServer().router(contract.identityProfiles, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: identityProfileSchema,
        fileName: 'identity-profiles',
        read: async (page) => {
          const result = await listProfiles(pool, input.query, page);
          return { ...result, rows: result.rows.map(shown) };
        },
      }),
    create: async ({ body, res }) => {
      const id = await createProfile(pool, body);
      res.setHeader('Location', `/api/identity-profiles/${id}`);
      return { status: 201, body: await answer(id, res) };
    },
    get: async ({ params, res }) => ({ status: 200, body: await answer(params.id, res) }),
    update: async ({ req, params, body, res }) => {
      await changeProfile(pool, req as unknown as Request, params.id, body);
      return { status: 200, body: await answer(params.id, res) };
    },
    delete: async ({ req, params }) => {
      await removeProfile(pool, req as unknown as Request, params.id);
      return { status: 204, body: undefined };
    },
    preview: async ({ params, body }) => {
      const profile = await existing(params.id);
      const config = body.identityAttributeConfig ?? profile.identityAttributeConfig;
      return { status: 200, body: { data: await previewPerson(pool, body.personId, config) } };
    },
    refresh: async ({ req, params, res }) => {
      const profile = await existing(params.id);
      const request = req as unknown as Request;
      const asked = await requestRefresh(deps, profile, {
        requestedBy: requirePrincipal(request).username,
        key: request.get('idempotency-key'),
      });
      const refresh = orNotFound(asked, 'Identity profile', profile.id);
      res.setHeader('Location', `/api/identity-profiles/${profile.id}/refreshes/${refresh.id}`);
      return { status: 202, body: { data: refresh } };
    },
    listRefreshes: async (input) => {
      const { id } = await existing(input.params.id);
      return deps.respondWithList(input, {
        defaultSort: '-queuedAt',
        rowSchema: identityRefreshSchema,
        fileName: 'identity-refreshes',
        read: (page) => listRefreshes(pool, id, input.query, page),
      });
    },
    getRefresh: async ({ params, res }) => {
      const { id, refreshId } = params;
      const refresh = orNotFound(await getRefresh(pool, id, refreshId), 'Refresh', refreshId);
      return { status: 200, body: tagged(res, refresh) };
    },
  });
}

function shown({ version: _version, ...profile }: ProfileRow) {
  return profile;
}

type Settings = z.output<typeof updateProfileBody>;

async function createProfile(pool: pg.Pool, body: z.output<typeof createProfileBody>): Promise<string> {
  const created = transaction(pool, async (client) => {
    const settings = await settled(client, body, {
      name: body.name,
      description: null,
      ownerId: null,
      priority: USUAL_PRIORITY,
      connectionId: '',
      enabled: true,
      config: NO_MAPPINGS,
    });
    if (settings.enabled) await askForEverything(client);
    return insertProfile(client, settings);
  });
  return orNameTaken(created, `There is an identity profile named '${body.name}' already.`);
}

async function changeProfile(pool: pg.Pool, request: Request, id: string, body: Settings): Promise<void> {
  const changed = transaction(pool, async (client) => {
    const { version, ...before } = orNotFound(await lockProfile(client, id), 'Identity profile', id);
    requireMatch(request, version);
    const after = await settled(client, body, before);
    await updateProfile(client, id, after);
    const rank = ({ connectionId, priority, enabled }: typeof before) =>
      enabled ? `${connectionId} ${priority}` : '';
    if (rank(before) !== rank(after)) await askForEverything(client);
  });
  await orNameTaken(changed, `There is an identity profile named '${body.name}' already.`);
}

function removeProfile(pool: pg.Pool, request: Request, id: string): Promise<void> {
  return inTurn(pool, async (client) => {
    const { version, enabled } = orNotFound(await lockProfile(client, id), 'Identity profile', id);
    requireMatch(request, version);
    await deleteProfile(client, id);
    if (enabled) await askForEverything(client);
  });
}

/** What is stored, under what is given. @throws AppError `invalid_request` naming what cannot be. */
async function settled(
  client: pg.PoolClient,
  body: Settings,
  before: Omit<ProfileSettings, 'hasTimeBasedAttr'>,
): Promise<ProfileSettings> {
  const config = body.identityAttributeConfig ?? before.config;
  if (body.identityAttributeConfig) await requireSources(client, config);
  return {
    name: body.name ?? before.name,
    description: body.description === undefined ? before.description : body.description,
    ownerId: body.owner === undefined ? before.ownerId : await ownerOf(client, body.owner),
    priority: body.priority ?? before.priority,
    connectionId: body.authoritativeSource
      ? await sourceOf(client, body.authoritativeSource)
      : before.connectionId,
    enabled: body.enabled ?? before.enabled,
    config,
    hasTimeBasedAttr: hasTimeBasedAttribute(config),
  };
}

/** The connections that it reads stay as they are until it is saved. */
async function requireSources(client: pg.PoolClient, config: IdentityAttributeConfig): Promise<void> {
  const sources = await readSources(client);
  const read = sourcesOf(config).flatMap((reference) => findSource(sources, reference)?.id ?? []);
  requireServable(config, await holdSources(client, read));
}

async function ownerOf(client: pg.PoolClient, owner: { id: string } | null): Promise<string | null> {
  if (owner && !(await personExists(client, owner.id)))
    throw invalidRequest([{ path: 'body.owner.id', message: 'there is no person with this ID' }]);
  return owner?.id ?? null;
}

async function sourceOf(
  client: pg.PoolClient,
  source: { id?: string | undefined; name?: string | undefined },
): Promise<string> {
  const found = await holdConnection(client, source);
  if (found) return found.id;
  const missing =
    source.id === undefined
      ? { path: 'body.authoritativeSource.name', message: `there is no connection named '${source.name}'` }
      : { path: 'body.authoritativeSource.id', message: 'there is no connection with this ID' };
  throw invalidRequest([missing]);
}
