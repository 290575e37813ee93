import { parseRef } from "../entry/address.js";
import type { ErrorCode } from "../errors.js";
import type { Caller } from "../memory/caller.js";
import type { Operation } from "../operations/operation.js";
import type { AuditRecord } from "../store/audit-log.js";
import { STATUS } from "./http/answer.js";
import type { Remote } from "./mcp/protocol.js";

/** Takes what was called, and neither waits nor fails. */
export type Audit = (record: AuditRecord) => void;

/** What was called, and by whom. */
export interface Called {
  readonly operation: Operation | string;
  readonly caller: Caller;
  readonly remote: Remote | undefined;
  /** The refs that the caller gave. */
  readonly refs: readonly unknown[];
}

/** How it ended: with an output, or with the code of an error; the status is the one that goes with the code unless it is given. */
export interface Ended {
  readonly output?: unknown;
  readonly error?: ErrorCode | undefined;
  readonly status?: number;
}

/** Only what names an entry and nothing else is put on record of a caller's own words. */
function isPlace(ref: unknown): ref is string {
  if (typeof ref !== "string") return false;
  try {
    return ["address", "id"].includes(parseRef(ref).type);
  } catch {
    return false;
  }
}

const addressOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null && "address" in value && typeof value.address === "string"
    ? [value.address]
    : [];

/** The addresses of what an output is about, or lists. */
function addressesIn(output: unknown): string[] {
  const listed = Object.values(Object(output) as object)
    .filter(Array.isArray)
    .flat();
  return [...new Set([...addressOf(output), ...listed.flatMap(addressOf)])];
}

const nameOf = ({ area, action }: Operation): string => (action ? `${area} ${action}` : area);

/** Begins to time a call, whose record it gives when that has ended. */
export function timeCall(): (called: Called, ended: Ended) => AuditRecord {
  const [time, begun] = [new Date().toISOString(), performance.now()];
  return ({ operation, caller, remote, refs }, { status, output, error }) => {
    const found = addressesIn(output);
    return {
      time,
      ...(typeof operation === "string" ? { operation } : { operation: nameOf(operation), effect: operation.effect }),
      resource: found.length > 0 ? found : refs.filter(isPlace),
      session: caller.session,
      agent: caller.agent,
      ip: remote?.ip,
      user_agent: remote?.userAgent,
      status: status ?? (error === undefined ? 200 : STATUS[error]),
      error,
      ms: Math.round((performance.now() - begun) * 10) / 10,
    };
  };
}
