// Tells "the database is away" from "the statement is wrong", so that the first is tried again.

/** PostgreSQL's connection and operator-intervention classes (Appendix A of its manual), and crash recovery. */
const SQL_STATES = /^(08...|57P0[1-5]|53300|25P0[34])$/;
const NODE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOENT',
]);

/** Whether `error` says that the connection to PostgreSQL was lost or could not be made. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (SQL_STATES.test(code) || NODE_CODES.has(code))) return true;
  if (error.cause && isDatabaseUnavailable(error.cause)) return true;
  return /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/.test(
    error.message,
  );
}
