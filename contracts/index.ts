// The whole contract: every resource below /api, and the SailPoint-shaped surface beside it.
import { initContract } from '@ts-rest/core';
import { authContract } from './auth.ts';
import { clientsContract } from './clients.ts';
import { connectionFilesContract } from './connection-files.ts';
import { connectionsContract } from './connections.ts';
import { correlationContract } from './correlation.ts';
import { groupsContract } from './groups.ts';
import { healthContract } from './health.ts';
import { identityProfilesContract } from './identity-profiles.ts';
import { objectsContract } from './objects.ts';
import { personsContract } from './persons.ts';
import { projectPreviewContract } from './project-preview.ts';
import { identitiesContract } from './sailpoint/identities.ts';
import { sailPointProfilesContract } from './sailpoint/identity-profiles.ts';
import { oauthContract } from './sailpoint/oauth.ts';
import { syncHistoryContract } from './sync-history.ts';
import { syncProjectsContract } from './sync-projects.ts';
import { usersContract } from './users.ts';

const c = initContract();

export const contract = c.router(
  {
    auth: authContract,
    clients: clientsContract,
    users: usersContract,
    groups: groupsContract,
    objects: objectsContract,
    // Before persons: `/persons/correlation-cases` is none of them.
    correlation: correlationContract,
    persons: personsContract,
    identityProfiles: identityProfilesContract,
    connections: connectionsContract,
    connectionFiles: connectionFilesContract,
    syncProjects: syncProjectsContract,
    projectPreview: projectPreviewContract,
    syncHistory: syncHistoryContract,
    system: healthContract,
  },
  { pathPrefix: '/api' },
);

export const sailPointContract = c.router({
  oauth: oauthContract,
  identities: identitiesContract,
  identityProfiles: sailPointProfilesContract,
});
