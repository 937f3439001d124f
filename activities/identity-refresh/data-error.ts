// Tells data that the database refuses from everything else that can stop a statement.

/** SQLSTATE classes of what lies with the data: data exception, integrity constraint, program limit exceeded. */
const CLASSES = ['22', '23', '54'];

/** Whether the database refused what was to be stored. */
export function isDataError(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && code.length === 5 && CLASSES.includes(code.slice(0, 2));
}
