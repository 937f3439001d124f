// The failure types that activities and workflows share beside the codes of AppError.

/** The type of StagingLost in a workflow's history. */
export const STAGING_LOST = 'staging_lost';
/** A later attempt has taken the run over, or it has ended. */
export const FENCED = 'fenced';

/** Staging no longer holds what the run's log says was staged (PostgreSQL crashed): the source is read again. */
export class StagingLost extends Error {
  override readonly name = 'StagingLost';
}
