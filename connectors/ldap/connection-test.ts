// Runs the checks of an LDAP connection test, in order, until one fails.
import { AppError } from '../../domain/app-error.ts';
import { createCheckRecorder } from '../check-recorder.ts';
import type { ConnectionTest } from '../connector.ts';
import type { AddressPolicy } from '../dial.ts';
import { ID_ATTRIBUTES } from './attribute-catalog.ts';
import type { LdapConfig } from './config.ts';
import { hidesMembers } from './members-check.ts';
import { countdown, openSession } from './open-session.ts';
import { pagedSearch } from './paged-search.ts';
import { defaultLdapScopes, type ScopedSearch, scopedSearches } from './scopes.ts';
import { noBase, type RootDse, readBase, readRootDse } from './server-schema.ts';
import type { LdapSession } from './session.ts';

/** What a test looks for on a kind of server. */
export interface TestedServer {
  /** Where a connection reads that names no base. @throws AppError where the server is of another kind */
  bases(rootDse: RootDse): string[];
  /** What a project with the default scopes reads. */
  searches(baseDns: string[]): ScopedSearch[];
  idAttributes: readonly string[];
}

const LDAP_SERVER: TestedServer = {
  bases: (rootDse) => rootDse.namingContexts,
  searches: (baseDns) => scopedSearches(defaultLdapScopes(), baseDns),
  idAttributes: ID_ATTRIBUTES,
};

/** Entries after which the read check is satisfied; limits for ordinary accounts lie far below. */
const ENOUGH_ENTRIES = 20_000;

const NOTEWORTHY = new Map([
  ['1.2.840.113556.1.4.319', 'paged results (RFC 2696)'],
  ['1.3.6.1.4.1.4203.1.9.1.1', 'content synchronisation (RFC 4533)'],
  ['1.2.840.113556.1.4.841', 'DirSync'],
  ['2.16.840.1.113730.3.4.9', 'virtual list view'],
  ['1.2.840.113556.1.4.473', 'server-side sorting (RFC 2891)'],
  ['2.16.840.1.113730.3.4.2', 'ManageDsaIT (RFC 3296)'],
  ['1.3.6.1.1.13.2', 'post-read (RFC 4527)'],
]);

function describeServer(rootDse: RootDse): Record<string, string | string[]> {
  const openLdap = rootDse.objectClass.some((name) => name.toLowerCase() === 'openldaprootdse');
  const vendorName = rootDse.vendorName ?? (openLdap ? 'OpenLDAP' : null);
  return {
    ...(vendorName === null ? {} : { vendorName }),
    ...(rootDse.vendorVersion === null ? {} : { vendorVersion: rootDse.vendorVersion }),
    ...(rootDse.dnsHostName === null ? {} : { dnsHostName: rootDse.dnsHostName }),
    namingContexts: rootDse.namingContexts,
    supportedControl: rootDse.supportedControl
      .filter((oid) => NOTEWORTHY.has(oid))
      .map((oid) => `${oid} ${NOTEWORTHY.get(oid)}`),
  };
}

async function checkBases(session: LdapSession, baseDns: string[], leftMs: () => number): Promise<void> {
  if (baseDns.length === 0) throw noBase();
  for (const baseDn of baseDns) {
    const entry = await readBase(session, baseDn, ['1.1'], { timeoutMs: leftMs() });
    if (entry === null) {
      throw new AppError('access_denied', `The bind account has no right to read the base '${baseDn}'.`);
    }
  }
}

/** Counts what a project with the default scopes would read, as far as the time allows. */
async function checkRead(
  session: LdapSession,
  config: LdapConfig,
  baseDns: string[],
  server: TestedServer,
): Promise<string> {
  // Half of the time for pages that come, half for one that does not.
  const deadline = performance.now() + config.connectTimeoutMs / 2;
  let count = 0;
  let withId = 0;
  for (const { baseDn, filter } of server.searches(baseDns)) {
    const batches = pagedSearch(session, {
      baseDn,
      filter,
      attributes: [...server.idAttributes, ...(config.idAttribute === null ? [] : [config.idAttribute])],
      pageSize: config.pageSize,
      idleTimeoutMs: Math.ceil(config.connectTimeoutMs / 2),
      // An entry without any attribute ends in an empty sequence: the last two bytes say so.
      decode: (bytes, _start, end) => !(bytes[end - 2] === 0x30 && bytes[end - 1] === 0),
    });
    for await (const { items } of batches) {
      count += items.length;
      withId += items.filter(Boolean).length;
      if (count >= ENOUGH_ENTRIES || performance.now() > deadline) return readMessage(count, true);
    }
  }
  if (count === 0) {
    throw new AppError(
      'access_denied',
      `The bind account sees no users and no groups below ${baseDns.map((base) => `'${base}'`).join(', ')}: it may have no right to read them, or there are none.`,
    );
  }
  if (withId === 0) {
    throw new AppError(
      'source_error',
      `None of the entries has an immutable id (${server.idAttributes.join(', ')}) that the bind account may read${server === LDAP_SERVER ? ': set idAttribute' : ''}.`,
    );
  }
  return readMessage(count, false);
}

const MEMBERS_HIDDEN =
  'None of the groups shows a member: they are empty, or the bind account may not read their members, and then all memberships will be missing.';

function readMessage(count: number, stopped: boolean): string {
  return stopped
    ? `Read ${count} users and groups and stopped there; the server did not cut the results.`
    : `Read ${count} users and groups, which is all of them.`;
}

/** Resolve, connect, tls, bind, base, read: each within `connectTimeoutMs`; those after a failed one are left out. */
export async function testLdapConnection(
  config: LdapConfig,
  policy: AddressPolicy,
  signal: AbortSignal,
  server: TestedServer = LDAP_SERVER,
): Promise<ConnectionTest> {
  const { checks, run, hasFailed } = createCheckRecorder(signal);
  let serverInfo: Record<string, string | string[]> = {};
  let session: LdapSession | null = null;
  try {
    const opened = await openSession(config, policy, signal, run);
    session = opened;
    let baseDns = config.baseDns;
    await run(
      'base',
      async () => {
        const leftMs = countdown(config.connectTimeoutMs);
        const rootDse = await readRootDse(opened, leftMs());
        serverInfo = describeServer(rootDse);
        const ownBases = server.bases(rootDse);
        if (baseDns.length === 0) baseDns = ownBases;
        await checkBases(opened, baseDns, leftMs);
      },
      () => `Found ${baseDns.map((base) => `'${base}'`).join(', ')}.`,
    );
    await run(
      'read',
      async () => {
        const leftMs = countdown(config.connectTimeoutMs);
        const message = await checkRead(opened, config, baseDns, server);
        const groups = server.searches(baseDns).filter(({ objectClass }) => objectClass === 'group');
        const isHidden = await hidesMembers(opened, groups, leftMs);
        return isHidden ? `${message} ${MEMBERS_HIDDEN}` : message;
      },
      (message) => message,
    );
  } catch (error) {
    if (signal.aborted || !hasFailed()) throw error;
  } finally {
    session?.close();
  }
  return { ok: !hasFailed(), checks, serverInfo };
}
