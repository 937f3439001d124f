// Numbers that order the attempts of a run's steps: whoever has the higher one may write.

const ATTEMPTS_PER_STEP = 1_000_000;

/** The epoch of the `attempt`th try of the `step`th step of a run, both counted from 1. */
export function epochOf(step: number, attempt: number): number {
  return step * ATTEMPTS_PER_STEP + Math.min(attempt, ATTEMPTS_PER_STEP - 1);
}

/** The number of the step that `epoch` belongs to; 0 before the first. */
export function stepOfEpoch(epoch: number): number {
  return Math.floor(epoch / ATTEMPTS_PER_STEP);
}
