// Asks a server for its own time, so that what changed is told by the clock that dates the changes.
import { parseTime } from '../../domain/source-values.ts';
import { readBase } from './server-schema.ts';
import type { LdapSession } from './session.ts';

/** Where servers show their time: Active Directory and others, OpenLDAP, 389 Directory Server and its kin. */
const CLOCKS = [
  { dn: '', attribute: 'currentTime' },
  { dn: 'cn=Current,cn=Time,cn=Monitor', attribute: 'monitorTimestamp' },
  { dn: 'cn=monitor', attribute: 'currentTime' },
];

/** The server's time; null where it shows none to this account. Lost connections throw. */
export async function serverTime(session: LdapSession, timeoutMs: number): Promise<Date | null> {
  for (const { dn, attribute } of CLOCKS) {
    try {
      const entry = await readBase(session, dn, [attribute], { timeoutMs });
      const shown = parseTime(entry?.get(attribute.toLowerCase())?.[0] ?? '', attribute);
      if (shown !== null) return new Date(shown);
    } catch (error) {
      // No such entry, or no right to read it: another place may do.
      if (!session.isOpen) throw error;
    }
  }
  return null;
}
