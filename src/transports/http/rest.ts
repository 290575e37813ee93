import type { IncomingHttpHeaders } from "node:http";
import { MemoryError } from "../../errors.js";
import type { Caller } from "../../memory/caller.js";
import type { Memory } from "../../memory/memory.js";
import { invoke, type Operation } from "../../operations/operation.js";
import { findOperation } from "../../operations/registry.js";
import type { NamedRoute } from "../../operations/routes.js";
import { type Parameter, parametersOf } from "../parameters.js";
import type { Answer } from "./answer.js";
import { etagOf, ifMatch, isKnown } from "./etag.js";
import { parseObject } from "./json-body.js";
import { queryInput } from "./query.js";

/** The path that every route hangs below. */
export const BASE = "/v1";

/** A request whose path fits a route. */
export interface RestRequest {
  /** Decoded path segments, by the name that the route gives them. */
  readonly params: Readonly<Record<string, string>>;
  /** What stands after the `?`. */
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array | undefined;
}

export interface RestContext {
  readonly memory: () => Promise<Memory>;
  /** Who calls when the headers do not say. */
  readonly caller: Caller;
}

/** Printable ASCII: it goes into commit trailers. */
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

function named(headers: IncomingHttpHeaders, header: string): string | undefined {
  const value = headers[header.toLowerCase()];
  if (value === undefined) return undefined;
  if (typeof value === "string" && NAME.test(value)) return value;
  throw new MemoryError("invalid_input", `${header} has to be 1 to 200 printable ASCII characters.`, {
    header: header.toLowerCase(),
  });
}

/** Who calls, as the headers say, else as usual. Throws `invalid_input` for names that no commit could carry. */
export function callerOf(headers: IncomingHttpHeaders, usual: Caller): Caller {
  const agent = named(headers, "X-Memory-Agent");
  const session = named(headers, "X-Memory-Session");
  return { ...usual, ...(agent === undefined ? {} : { agent }), ...(session === undefined ? {} : { session }) };
}

/** The operation's input: query, then body, then path, the later one winning. */
function inputOf(
  { method }: NamedRoute,
  parameters: readonly Parameter[],
  { params, search, headers, body }: RestRequest,
): Record<string, unknown> {
  if (method === "GET" && body && body.length > 0)
    throw new MemoryError("invalid_input", "A GET request has no body: put the fields into the query.", {
      field: "body",
    });
  const isList = (field: string) => parameters.some((one) => one.field === field && one.type === "list");
  const path = Object.entries(params).map(([field, value]) => [field, isList(field) ? [value] : value]);
  return {
    ...queryInput(parameters, search),
    ...parseObject(body, headers["content-type"]),
    ...Object.fromEntries(path),
  };
}

/** Puts `If-Match` where the operation looks for it; `*` is checked here. */
async function withPrecondition(
  operation: Operation,
  input: Record<string, unknown>,
  header: string | undefined,
  memory: () => Promise<Memory>,
): Promise<Record<string, unknown>> {
  const wanted = ifMatch(header);
  if (wanted === undefined) return input;
  if (!("base_version" in operation.input.shape))
    throw new MemoryError(
      "invalid_input",
      "If-Match is not for this request: it changes no entry that has a version.",
      {
        header: "if-match",
      },
    );
  if (wanted === "*") {
    const get = findOperation("get");
    await invoke(get as Operation, { memory: await memory(), caller: {} }, { refs: [input.ref] }).catch(
      (error: unknown) => {
        if (!(error instanceof MemoryError && error.code === "not_found")) throw error;
        throw new MemoryError("stale_version", `If-Match: * wants an entry that exists. ${error.message}`, error.data);
      },
    );
    return input;
  }
  if (input.base_version !== undefined && input.base_version !== wanted)
    throw new MemoryError("invalid_input", "If-Match and base_version name different versions. Send one of them.", {
      field: "base_version",
    });
  return { ...input, base_version: wanted };
}

/** What answers the requests of a route. Throws MemoryError. */
export function answering(
  route: NamedRoute,
  { memory, caller }: RestContext,
): (request: RestRequest) => Promise<Answer> {
  const { operation, method, status = 200 } = route;
  const parameters = parametersOf(operation);
  return async (request) => {
    const { headers } = request;
    const given = inputOf(route, parameters, request);
    const input = await withPrecondition(operation, given, headers["if-match"], memory);
    const context = { caller: callerOf(headers, caller), memory: await memory() };
    const output = await invoke(operation, context, input);
    const version = operation.versionOf?.(output);
    const etag = version ? etagOf(version) : undefined;
    const tags = etag === undefined ? {} : { ETag: etag };
    if (method === "GET" && etag !== undefined && isKnown(etag, headers["if-none-match"]))
      return { status: 304, headers: tags };
    const { address } = output as { address?: string };
    const made = status === 201 && address !== undefined;
    const location = made ? { Location: `${BASE}/entries/${encodeURIComponent(address)}` } : {};
    return { status, headers: { ...tags, ...location }, body: output };
  };
}
