import { type ErrorCode, MemoryError } from "../../errors.js";
import type { Log } from "../mcp/call.js";
import { BODY_LIMIT } from "./json-body.js";

/** What is sent back: `body` as JSON, or nothing when it is undefined. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The HTTP status of each code (RFC 9110; 423 is RFC 4918, 429 RFC 6585). */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  stale_version: 412,
  too_large: 413,
  locked: 423,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

const UNKNOWN = "Something unexpected went wrong inside git-memory; the server's log has the cause.";

/** The code and sentence for an error that the HTTP framework found in a request itself. */
function requestFault(status: number): MemoryError | undefined {
  if (status === 413)
    return new MemoryError(
      "too_large",
      `The body is larger than ${BODY_LIMIT / 2 ** 20} MiB, packed or not. Send it in parts. Nothing was done.`,
      { limit: BODY_LIMIT },
    );
  if (status === 415)
    return new MemoryError("invalid_input", "The body has to be JSON in UTF-8, as it is or with gzip, deflate or br.");
  if (status < 400 || status >= 500) return undefined;
  return new MemoryError("invalid_input", "The request is not well-formed: its path or its body cannot be decoded.");
}

/** What went wrong as a MemoryError; what is not the caller's fault goes to the log and becomes `internal`. */
export function faultOf(error: unknown, log: Log): MemoryError {
  if (error instanceof MemoryError) {
    if (error.code === "internal") log("a request failed", error.cause ?? error);
    return error;
  }
  const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
  const fault = requestFault(status);
  if (fault) return fault;
  log("a request failed", error);
  return new MemoryError("internal", UNKNOWN);
}

/** The answer to a refused request: `{error: {code, message, data}}`, the message as `say` puts it. */
export function refusal({ code, message, data }: MemoryError, say: (text: string) => string): Answer {
  return { status: STATUS[code], headers: {}, body: { error: { code, message: say(message), data } } };
}
