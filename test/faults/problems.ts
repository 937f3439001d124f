// What is not as it should be after a run of each kind.
import { differencesFromDirectory } from '../support/state-differences.ts';
import { type StoredObject, storedState } from '../support/stored-state.ts';
import type { RunRow, SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';
import { brokenRules } from '../support/whole-state.ts';
import type { RunKind } from './run-kinds.ts';
import type { FaultServers } from './servers.ts';

const TIDY_MS = 30_000;
const MOST_SHOWN = 3;

export type Stored = Map<string, StoredObject>;

export interface Ended {
  lab: SyncLab;
  servers: FaultServers;
  connectionId: string;
  kind: RunKind;
  over: RunRow;
  /** What was stored before a dry run, which may change nothing of it. */
  before: Stored | null;
}

/** In words; empty when everything holds. */
export async function problemsAfter(ended: Ended): Promise<string[]> {
  const { lab, connectionId } = ended;
  const { pool } = lab.database;
  const isTidy = async () => (await brokenRules(pool, connectionId)).length === 0;
  await until('staging to be dropped', isTidy, TIDY_MS, 200).catch(() => {});
  const differing = await differences(ended);
  return [
    ...endedOtherwise(ended),
    ...(await brokenRules(pool, connectionId)),
    ...differing.slice(0, MOST_SHOWN).map((pair) => `stored differs: ${JSON.stringify(pair)}`),
    ...(differing.length > MOST_SHOWN ? [`… and ${differing.length - MOST_SHOWN} more objects`] : []),
  ];
}

/** It completed, and read what it was asked to read. */
function endedOtherwise({ kind, over }: Ended): string[] {
  if (over.status !== 'completed')
    return [`the run ${over.status}: ${over.error_code} ${over.error_message}`];
  const scanned = kind.mode === 'incremental' && kind.scansIds;
  return over.read_mode === kind.mode && over.ids_scanned === scanned
    ? []
    : [`it read ${over.read_mode}, and ${over.ids_scanned ? 'compared all ids' : 'compared no ids'}`];
}

async function differences({ lab, servers, connectionId, before }: Ended): Promise<unknown[]> {
  const { pool } = lab.database;
  if (!before) return differencesFromDirectory(pool, connectionId, servers.slapd);
  const after = await storedState(pool, connectionId);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((id) => ({ before: before.get(id), after: after.get(id) }))
    .filter((pair) => JSON.stringify(pair.before) !== JSON.stringify(pair.after));
}
