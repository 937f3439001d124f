// The one error class of the house: whatever fails for a reason a person can act on is an AppError.

/** Every error code, with the HTTP status it answers with and whether trying again can help. */
export const ERROR_CODES = {
  // requests
  invalid_request: { status: 400, retryable: false },
  unsupported_grant_type: { status: 400, retryable: false },
  invalid_scope: { status: 400, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  not_acceptable: { status: 406, retryable: false },
  conflict: { status: 409, retryable: false },
  precondition_failed: { status: 412, retryable: false },
  payload_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  rate_limited: { status: 429, retryable: true },
  internal_error: { status: 500, retryable: false },
  unavailable: { status: 503, retryable: true },
  // sources
  host_not_found: { status: 502, retryable: true },
  connection_refused: { status: 502, retryable: true },
  connection_lost: { status: 502, retryable: true },
  timeout: { status: 504, retryable: true },
  source_busy: { status: 502, retryable: true },
  address_not_allowed: { status: 400, retryable: false },
  tls_untrusted: { status: 502, retryable: false },
  tls_failed: { status: 502, retryable: false },
  invalid_credentials: { status: 502, retryable: false },
  base_not_found: { status: 502, retryable: false },
  access_denied: { status: 502, retryable: false },
  size_limit_exceeded: { status: 502, retryable: false },
  invalid_filter: { status: 400, retryable: false },
  invalid_configuration: { status: 400, retryable: false },
  file_not_found: { status: 400, retryable: false },
  file_not_allowed: { status: 400, retryable: false },
  malformed_file: { status: 400, retryable: false },
  source_error: { status: 502, retryable: false },
  watermark_unusable: { status: 409, retryable: false },
  // runs
  error_threshold_exceeded: { status: 409, retryable: false },
  worker_lost: { status: 500, retryable: false },
  mapping_invalid: { status: 400, retryable: false },
  database_unavailable: { status: 503, retryable: true },
  secret_unreadable: { status: 500, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One thing wrong with a request: `path` is where (`query.pageSize`, `body.config.url`). */
export interface ErrorDetail {
  path: string;
  message: string;
}

/**
 * A failure with a code out of ERROR_CODES and a sentence that is safe to show: it says what was wrong,
 * where, and what would be right, and never holds a secret, a stack or SQL.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetail[] | undefined;
  /** Response headers that belong to the failure (`Allow`, `Retry-After`, `WWW-Authenticate`). */
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetail[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }

  /** The HTTP status this failure answers with. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  /** Whether the same step may succeed when it is tried again without anybody changing anything. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
