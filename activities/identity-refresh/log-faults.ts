// Writes faults of ours in transforms to the log, where they can be mended: a person is told no more than that there was one.
import type { Logger } from 'pino';
import { faultName } from '../../domain/transforms/compile-profile.ts';

/** A transform failed for a person as none should. */
export interface Fault {
  personId: string;
  attribute: string;
  error: unknown;
}

const FRAME = /^\s+at /;

/**
 * Logs the first of each kind that arises at the same place; of a batch, that may be thousands. What an error says is
 * left out, as it may quote the person's values.
 */
export function logFaults(logger: Logger): (fault: Fault) => void {
  const seen = new Set<string>();
  return ({ personId, attribute, error }) => {
    const { kind, frames } = placeOf(error);
    const place = [kind, ...frames].join('\n');
    if (seen.has(place)) return;
    seen.add(place);
    logger.error({ personId, attribute, kind, frames }, 'a transform failed unexpectedly');
  };
}

/** What may be told of an error that is a fault of ours. */
export function placeOf(error: unknown): { kind: string; frames: string[] } {
  return { kind: faultName(error), frames: framesOf(error) };
}

function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  // The message comes first, and may look like a frame.
  const { stack, message } = error;
  const behind = stack.slice(Math.max(0, stack.indexOf(message)) + message.length);
  return behind.split('\n').flatMap((line) => (FRAME.test(line) ? [line.trim()] : []));
}
