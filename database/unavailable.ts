// Tells "the database is away" from "the statement is wrong", so that the first is tried again.

/** PostgreSQL's connection and operator-intervention classes (Appendix A of its manual), want of memory or connections, and crash recovery. */
const SQL_STATES = /^(08...|57P0[1-5]|53[23]00|25P0[34])$/;
const NODE_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN']);

/** Whether `error` says that the connection to PostgreSQL was lost or could not be made. */
export function isDatabaseUnavailable(error: unknown): boolean {
  // By shape: an error that Node itself makes is of another realm's Error inside Jest.
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause, message } = error as { code?: unknown; cause?: unknown; message?: unknown };
  if (typeof code === 'string' && (SQL_STATES.test(code) || NODE_CODES.has(code))) return true;
  if (cause && isDatabaseUnavailable(cause)) return true;
  return /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/.test(
    String(message),
  );
}
