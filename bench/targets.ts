// What a benchmark measured beside what it has to be, and the verdict that a benchmark ends with.

export interface Target {
  name: string;
  measured: string;
  target: string;
  verdict: 'met' | 'within noise' | 'missed' | 'not measured on this system';
}

export function verdict(met: boolean): Target['verdict'] {
  return met ? 'met' : 'missed';
}

export function atLeast(name: string, value: number, target: number): Target {
  return { name, measured: value.toFixed(2), target: `≥ ${target}`, verdict: verdict(value >= target) };
}

export function atMost(name: string, value: number, target: number): Target {
  return {
    name,
    measured: value.toFixed(2),
    target: `≤ ${target.toFixed(2)}`,
    verdict: verdict(value <= target),
  };
}

/** The last line of a benchmark's output, and its exit code: 1 where a target was missed. */
export function conclusion(targets: readonly Target[]): { text: string; exitCode: 0 | 1 } {
  if (targets.length === 0) return { text: 'It has no targets.', exitCode: 0 };
  const missed = targets.filter((target) => target.verdict === 'missed');
  if (missed.length === 0) return { text: 'No target was missed.', exitCode: 0 };
  const named = missed.map(({ name, measured, target }) => `${name}: ${measured} (${target})`);
  return { text: `Targets missed: ${named.join('; ')}`, exitCode: 1 };
}
