// The failure types that activities and workflows share beside the codes of AppError.

/** Staging no longer holds what the run's log says was staged (PostgreSQL crashed): read again. */
export const STAGING_LOST = 'staging_lost';
/** A later attempt has taken the run over, or it has ended. */
export const FENCED = 'fenced';
