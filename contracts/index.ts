// The whole contract: every resource below /api.
import { initContract } from '@ts-rest/core';
import { authContract } from './auth.ts';
import { connectionFilesContract } from './connection-files.ts';
import { connectionsContract } from './connections.ts';
import { groupsContract } from './groups.ts';
import { healthContract } from './health.ts';
import { objectsContract } from './objects.ts';
import { projectPreviewContract } from './project-preview.ts';
import { syncHistoryContract } from './sync-history.ts';
import { syncProjectsContract } from './sync-projects.ts';
import { usersContract } from './users.ts';

const c = initContract();

export const contract = c.router(
  {
    auth: authContract,
    users: usersContract,
    groups: groupsContract,
    objects: objectsContract,
    connections: connectionsContract,
    connectionFiles: connectionFilesContract,
    syncProjects: syncProjectsContract,
    projectPreview: projectPreviewContract,
    syncHistory: syncHistoryContract,
    system: healthContract,
  },
  { pathPrefix: '/api' },
);
