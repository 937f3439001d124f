// Decides whether a run reads everything or what changed, and says why where it is not what was asked for.
import type { CapableConnector, Watermark } from '../../connectors/connector.ts';
import { latestWatermark, type NextWatermark } from '../../database/queries/sync/watermarks.ts';
import { AppError } from '../../domain/app-error.ts';
import { basisChange, readBasis } from '../../domain/read-basis.ts';
import type { StepContext } from './run-step.ts';

export interface ReadChoice {
  /** Where the read of changes begins; null: everything is read. */
  since: Watermark | null;
  /** Why everything is read though an incremental run was asked for; null where there is nothing to say. */
  reason: string | null;
  /** Whether all ids are compared; a full read needs no such thing. */
  scansIds: boolean;
  /** Where the read after this one may begin; null where the source cannot tell what changed. */
  next: NextWatermark | null;
}

/** @param stored whether anything is stored of the connection */
export async function chooseRead(
  context: StepContext,
  connector: CapableConnector,
  stored: boolean,
): Promise<ReadChoice> {
  const { plan, deps, signal } = context;
  const basis = readBasis(plan);
  const full = (reason: string | null, next: NextWatermark | null): ReadChoice => ({
    since: null,
    reason: plan.mode === 'incremental' ? reason : null,
    scansIds: false,
    next,
  });
  // Such a source is always read as a whole, which needs no word: a file tells what changed by its rows.
  if (!connector.watermark || !connector.readChanges) return full(null, null);
  let watermark: Watermark;
  try {
    watermark = await connector.watermark(signal);
  } catch (error) {
    if (!isUnusable(error)) throw error;
    return full(error.message, null);
  }
  const next = { watermark, basis };
  if (plan.mode === 'full') return full(null, next);
  const kept = await latestWatermark(deps.database.pool, plan.projectId);
  if (!kept || !stored) return full('No run of this project that read everything is complete yet.', next);
  const change = basisChange(kept.basis, basis);
  if (change !== null) return full(`Since the last complete run ${change}.`, next);
  return {
    since: kept.watermark,
    reason: null,
    scansIds: isScanDue(plan.idScanEveryRuns, kept.runsSinceScan),
    next,
  };
}

/** The choice instead, when the source finds that it cannot tell what changed since the watermark. */
export function readEverything(choice: ReadChoice, reason: string): ReadChoice {
  return { ...choice, since: null, reason, scansIds: false };
}

export function isUnusable(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'watermark_unusable';
}

function isScanDue(everyRuns: number, runsSinceScan: number): boolean {
  return everyRuns > 0 && runsSinceScan + 1 >= everyRuns;
}
