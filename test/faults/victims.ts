// What is killed: the worker each time, and in turns the servers with it, up to all of them, as when the power fails.

export interface Victims {
  name: string;
  postgres: boolean;
  temporal: boolean;
}

/** Their number and that of the kinds of runs have no common divisor: twenty kills are every pair of both. */
export const VICTIMS: readonly Victims[] = [
  { name: 'worker', postgres: false, temporal: false },
  { name: 'worker and PostgreSQL', postgres: true, temporal: false },
  { name: 'worker and Temporal', postgres: false, temporal: true },
  { name: 'worker, PostgreSQL and Temporal', postgres: true, temporal: true },
];
