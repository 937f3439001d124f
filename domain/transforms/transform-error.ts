// A transform that cannot give a value for one person: where in the definition, and why.

/** One attribute of one person could not be computed; the attribute stays as it was, which is the caller's part. */
export class TransformError extends Error {
  /** Where in the definition: `attributes.values[1].attributes.input`. Empty for the outermost transform. */
  readonly path: string;
  /** What was wrong, safe to show; it never holds more of a person's data than the value at fault. */
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(path === '' ? reason : `${path}: ${reason}`);
    this.name = 'TransformError';
    this.path = path;
    this.reason = reason;
  }
}

const SHOWN = 60;

/** A value as a message shows it: quoted, and cut where it is long. */
export function shown(value: string): string {
  return `'${value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value}'`;
}
