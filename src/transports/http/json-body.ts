import { MemoryError } from "../../errors.js";
import { jsonDepth, jsonFault } from "./json-fault.js";

/** The largest body that is read, in bytes: a bulk of 100 entries of full length fits. */
export const BODY_LIMIT = 10 * 1024 * 1024;

/** Deeper values would overflow the stack of what walks them. */
const DEPTH_LIMIT = 64;

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

const invalid = (message: string, data: Record<string, unknown> = {}): MemoryError =>
  new MemoryError("invalid_input", message, { field: "body", ...data });

/** True for `application/json`, in UTF-8 when it says how. */
export const isJsonType = (contentType: string | undefined): boolean => JSON_TYPE.test(contentType ?? "");

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("The body is not valid UTF-8. Nothing was done.");
  }
}

/** The JSON value in a body. Throws `invalid_input` with the place of the fault, never with the text around it. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = utf8(bytes);
  if (jsonDepth(text) > DEPTH_LIMIT)
    throw invalid(`The body nests lists and objects deeper than ${DEPTH_LIMIT} levels. Nothing was done.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const position = jsonFault(text);
    const before = text.slice(0, position).split("\n");
    const [line, column] = [before.length, (before.at(-1) ?? "").length + 1];
    const what = position >= text.length ? "ends too early" : "is not JSON";
    throw invalid(`The body ${what}, at line ${line}, column ${column}. Nothing was done.`, { position, line, column });
  }
}

/** The object in a request's body; none counts as an empty one. Throws `invalid_input`. */
export function parseObject(bytes: Uint8Array | undefined, contentType: string | undefined): Record<string, unknown> {
  if (!bytes || bytes.length === 0) return {};
  if (!isJsonType(contentType)) throw invalid("The body has to be JSON: send Content-Type: application/json.");
  const value = parseJson(bytes);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid("The body has to be a JSON object. Nothing was done.");
}
