/** Every code a caller can meet; transports map them to HTTP status, exit code or MCP error. */
export const ERROR_CODES = [
  "invalid_input",
  "not_found",
  "already_exists",
  "stale_version",
  "conflict",
  "locked",
  "forbidden",
  "unauthenticated",
  "too_large",
  "rate_limited",
  "unavailable",
  "internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The one exception that leaves an operation: what happened, why, and what to do next, plus machine-readable `data`. */
export class MemoryError extends Error {
  readonly code: ErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = "MemoryError";
    this.code = code;
    this.data = data;
  }
}
