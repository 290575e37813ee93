import type { IncomingMessage, ServerResponse } from "node:http";
import express from "express";
import { type ErrorCode, MemoryError } from "../../errors.js";
import type { Caller } from "../../memory/caller.js";
import type { IndexState } from "../../memory/stores.js";
import type { Operation } from "../../operations/operation.js";
import { ROUTES } from "../../operations/routes.js";
import { speak } from "../../operations/speech.js";
import { type Audit, timeCall } from "../audit.js";
import type { Log } from "../mcp/call.js";
import { remoteOf } from "../mcp/protocol.js";
import { type Answer, faultOf, refusal } from "./answer.js";
import { docsPage, styleHash } from "./docs-page.js";
import { checkOrigin } from "./guard.js";
import { BODY_LIMIT, isJsonType, parseJson } from "./json-body.js";
import { type McpSessions, refuse } from "./mcp-sessions.js";
import { openApi } from "./openapi.js";
import { answering, BASE, callerOf, type RestContext } from "./rest.js";
import { securityHeaders } from "./security-headers.js";

export interface AppOptions extends RestContext {
  readonly version: string;
  /** How this program's commands are typed in a shell. */
  readonly shell: string;
  /** How far the index is, without waiting for it. */
  readonly index: () => { readonly state: IndexState; readonly done: number };
  readonly sessions: McpSessions;
  readonly log: Log;
  /** Told every call; absent where nobody keeps a record. */
  readonly audit?: Audit;
}

/** Answers one request of a Node HTTP server. */
export type App = (request: IncomingMessage, response: ServerResponse) => void;

/** The whole body as bytes, unpacked; a larger one is refused with 413. */
const readBody = express.raw({ type: () => true, limit: BODY_LIMIT });

const bytesOf = (body: unknown): Uint8Array | undefined => (Buffer.isBuffer(body) ? body : undefined);

/** Told the answer to a request that is put on record. */
type Ending = (answer: Answer) => void;

/** Begins to time a request; its answer is the record's end, whoever gives it. */
function record(
  { audit, caller }: AppOptions,
  operation: Operation | string,
  request: express.Request,
): Ending | undefined {
  if (!audit) return undefined;
  const end = timeCall();
  const [remote, refs] = [remoteOf(request), Object.values(request.params)];
  const who = (): Caller => {
    try {
      return callerOf(request.headers, caller);
    } catch {
      return caller;
    }
  };
  return ({ status, body }) => {
    const error = status < 400 ? undefined : (body as { error: { code: ErrorCode } }).error.code;
    audit(
      end(
        { operation, caller: who(), remote, refs },
        error === undefined ? { status, output: body } : { status, error },
      ),
    );
  };
}

function send(response: express.Response, { status, headers, body }: Answer): void {
  (response.locals.ending as Ending | undefined)?.({ status, headers, body });
  response.status(status).set({ "Cache-Control": "no-cache", ...headers });
  if (body === undefined) response.end();
  else response.json(body);
}

/** The body of a POST to `/mcp`; undefined when it was refused, as JSON-RPC puts it. */
function mcpBody(request: express.Request, response: express.Response): { readonly value: unknown } | undefined {
  if (request.method !== "POST") return { value: undefined };
  if (!isJsonType(request.headers["content-type"])) {
    refuse(response, 415, "refused", "The body has to be JSON: send Content-Type: application/json.");
    return undefined;
  }
  try {
    return { value: parseJson(bytesOf(request.body) ?? new Uint8Array()) };
  } catch (error) {
    refuse(response, 400, "parse", error instanceof MemoryError ? error.message : "The body is not JSON.");
    return undefined;
  }
}

/** Everything the server answers: REST, MCP, the description of both, and its own health. */
export function createApp(options: AppOptions): App {
  const { version, shell, index, sessions, log } = options;
  const say = (text: string) => speak(text, { tools: new Set(), rest: BASE, shell });
  const app = express();
  app.disable("x-powered-by").disable("etag").enable("strict routing").enable("case sensitive routing");
  app.use(securityHeaders(styleHash()));
  app.use((request, response, next) => {
    // What is refused here is refused unread.
    response.locals.ending = record(options, "unknown request", request);
    checkOrigin(request);
    response.locals.ending = undefined;
    next();
  });

  app.get("/healthz", (_request, response) => {
    send(response, { status: 200, headers: {}, body: { status: "ok", version, index: index() } });
  });

  const description = openApi(version);
  app.get("/openapi.json", (_request, response) => send(response, { status: 200, headers: {}, body: description }));
  app.get("/", (request, response) => {
    // The guard has seen to it that this is our own address.
    const page = docsPage(description, `http://${request.headers.host}`);
    response.set("Cache-Control", "no-cache").type("html").send(page);
  });

  app.all("/mcp", readBody, async (request, response) => {
    const body = mcpBody(request, response);
    if (body) await sessions.handle(request, response, body.value);
  });

  const allowed = new Map(["/", "/healthz", "/openapi.json"].map((path) => [path, new Set(["GET"])]));
  for (const route of ROUTES) {
    const path = BASE + route.path.replace(/\{(\w+)\}/g, ":$1");
    const answer = answering(route, options);
    const method = route.method.toLowerCase() as "get" | "post" | "patch" | "delete";
    const begin: express.RequestHandler = (request, response, next) => {
      response.locals.ending = record(options, route.operation, request);
      next();
    };
    app[method](path, begin, readBody, async (request, response) => {
      const { params, headers, originalUrl } = request;
      const search = originalUrl.includes("?") ? originalUrl.slice(originalUrl.indexOf("?") + 1) : "";
      send(
        response,
        await answer({ params: { ...params } as Record<string, string>, search, headers, body: bytesOf(request.body) }),
      );
    });
    // Two routes may name the same segment differently.
    const shape = path.replace(/:\w+/g, ":segment");
    allowed.set(shape, (allowed.get(shape) ?? new Set()).add(route.method));
  }
  for (const [path, methods] of allowed)
    app.all(path, (request, response) => {
      if (methods.has("GET")) methods.add("HEAD");
      const allow = [...methods].join(", ");
      const error = new MemoryError("invalid_input", `${request.method} is not for this path. It takes ${allow}.`, {
        allow: [...methods],
      });
      send(response, { ...refusal(error, say), status: 405, headers: { Allow: allow } });
    });

  app.use(() => {
    throw new MemoryError("not_found", "There is nothing at this path. GET /openapi.json names every path there is.");
  });
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    const answer = refusal(faultOf(error, log), say);
    // An answer that has begun can only be cut off.
    if (response.headersSent) response.destroy();
    else send(response, answer);
  });
  return app;
}
