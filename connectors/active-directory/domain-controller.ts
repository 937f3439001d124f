// Asks a domain controller who it is and how far its changes go.
import { Control, SearchRequest } from 'ldapts';
import { AppError } from '../../domain/app-error.ts';
import { parseFilter } from '../ldap/filter.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import { LDAP_SUCCESS, resultError } from '../ldap/result-codes.ts';
import type { RootDse } from '../ldap/server-schema.ts';
import type { LdapSession } from '../ldap/session.ts';
import { guidText } from './identifiers.ts';

/** MS-ADTS section 3.1.1.3.4.3.1 */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';

/** No referrals to the domain's other partitions (MS-ADTS section 3.1.1.3.4.1.4): nobody asked for those. */
export function domainScope(): Control {
  return new Control('1.2.840.113556.1.4.1339');
}

/** Deleted objects are found too (MS-ADTS section 3.1.1.3.4.1.14). */
export function showDeleted(): Control {
  return new Control('1.2.840.113556.1.4.417', { critical: true });
}

/** The domain of a domain controller. @throws AppError `invalid_configuration` for another kind of server */
export function domainOf(rootDse: RootDse): string {
  const { defaultNamingContext, supportedCapabilities } = rootDse;
  if (defaultNamingContext !== null && supportedCapabilities.includes(ACTIVE_DIRECTORY))
    return defaultNamingContext;
  throw new AppError(
    'invalid_configuration',
    "The server is no domain controller of an Active Directory: use the connection type 'ldap' for it.",
  );
}

/** Attributes of one entry by lower-case name; null when it is not there or hidden. */
export async function readEntry(
  session: LdapSession,
  baseDN: string,
  attributes: string[],
  timeoutMs: number,
): Promise<Map<string, Buffer[]> | null> {
  const request = new SearchRequest({
    messageId: 0,
    baseDN,
    scope: 'base',
    filter: parseFilter('(objectClass=*)'),
    attributes,
    timeLimit: 0,
  });
  const operation = session.search(
    request,
    (bytes, start, end) => rawAttributes(bytes, start, end),
    timeoutMs,
  );
  let entry: Map<string, Buffer[]> | null = null;
  for (;;) {
    const { items, result } = await operation.next();
    entry = items[0] ?? entry;
    if (result === null) continue;
    if (result.status !== LDAP_SUCCESS) throw resultError(result, `'${baseDN}'`);
    return entry;
  }
}

/** Whether a search failed because the bind account may not see its base. */
export function isHidden(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'access_denied' || error.code === 'base_not_found');
}

/** The server's present place in its own count of changes. */
export interface ChangePosition {
  /** Names the database that counts; it changes when a domain controller is restored. */
  invocationId: string;
  usn: number;
}

/** @throws AppError `watermark_unusable` when the server does not say */
export async function changePosition(
  session: LdapSession,
  rootDse: RootDse,
  timeoutMs: number,
): Promise<ChangePosition> {
  // In this order: a position before the count's name would be another database's after a restore in between.
  const service =
    rootDse.dsServiceName === null
      ? null
      : await readEntry(session, rootDse.dsServiceName, ['invocationId'], timeoutMs);
  const invocationId = guidText(service?.get('invocationid')?.[0] ?? Buffer.alloc(0));
  const root = await readEntry(session, '', ['highestCommittedUSN'], timeoutMs);
  const usn = Number(root?.get('highestcommittedusn')?.[0]?.toString());
  if (invocationId !== null && Number.isSafeInteger(usn)) return { invocationId, usn };
  throw new AppError(
    'watermark_unusable',
    `The domain controller does not say ${invocationId === null ? 'its invocationId' : 'its highestCommittedUSN'} to the bind account, so that changes cannot be told from the rest.`,
  );
}
