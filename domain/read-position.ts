// How far a read has come.

/**
 * Made by a connector and understood by it alone; kept with the run as JSON, so it holds no secret. Behind it nothing of
 * the read is missing.
 */
export type ReadPosition = Record<string, string | number>;
