import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type LoggingLevel,
  LoggingLevelSchema,
  ReadResourceRequestSchema,
  ResultSchema,
  RootsListChangedNotificationSchema,
  type ServerNotification,
  type ServerRequest,
  type ServerResult,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** What this server says of itself in the answer to `initialize`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly instructions: string;
}

/** Invalid parameters (JSON-RPC 2.0). */
export const INVALID_PARAMS: number = ErrorCode.InvalidParams;
/** The request cannot be answered (JSON-RPC 2.0). */
export const INTERNAL_ERROR: number = ErrorCode.InternalError;
/** MCP 2025-11-25, "Resources", error handling. */
export const RESOURCE_NOT_FOUND = -32002;

/** An error as the protocol answers it, where a request has no result to carry one. */
export class ProtocolError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    [this.code, this.data] = [code, data];
  }
}

type Json = Record<string, unknown>;

/** Messages to the client. */
export interface Channel {
  /** Tells and does not wait; a client that is gone is no error. */
  readonly notify: (method: string, params?: Json) => void;
  /** A line of log, unless the client asked for graver ones only. */
  readonly log: (level: LoggingLevel, data: unknown) => void;
  /** Asks the client; rejects when it cannot, or does not answer in `timeout` milliseconds. */
  readonly request: (method: string, params: Json, timeout?: number) => Promise<Json>;
}

/** The client of one connection. */
export interface Peer extends Channel {
  /** What it says of itself, once it has. */
  readonly client: () => { readonly name: string; readonly version: string } | undefined;
  /** What it can do, once it has said so. */
  readonly capabilities: () => Readonly<Record<string, unknown>>;
  /** The handshake is over: from here on the client may be asked. */
  readonly initialized: Promise<void>;
}

/** One request that is being answered; what it sends belongs to that request. */
export interface Exchange extends Channel {
  readonly id: string | number;
  /** The client took the request back, or went away: nobody waits for the answer. */
  readonly signal: AbortSignal;
  /** How far it is, when the client wants to know; values have to rise. */
  readonly progress: ((value: number, total?: number, message?: string) => void) | undefined;
  /** Where it came from; undefined over standard input. */
  readonly remote: Remote | undefined;
}

/** Where a request over HTTP comes from. */
export interface Remote {
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}

/** The SDK keeps the headers of a request and nothing else of it. */
const remotes = new AsyncLocalStorage<Remote>();

/** Where a request comes from. */
export const remoteOf = ({ socket, headers }: IncomingMessage): Remote => ({
  ip: socket.remoteAddress,
  userAgent: headers["user-agent"],
});

const REQUESTS = {
  "tools/list": ListToolsRequestSchema,
  "tools/call": CallToolRequestSchema,
  "resources/list": ListResourcesRequestSchema,
  "resources/templates/list": ListResourceTemplatesRequestSchema,
  "resources/read": ReadResourceRequestSchema,
  "resources/subscribe": SubscribeRequestSchema,
  "resources/unsubscribe": UnsubscribeRequestSchema,
  "prompts/list": ListPromptsRequestSchema,
  "prompts/get": GetPromptRequestSchema,
  "completion/complete": CompleteRequestSchema,
} as const;

type Method = keyof typeof REQUESTS;

/** The parameters of a request, as the protocol has checked them. */
export type Params<M extends Method> = NonNullable<(typeof REQUESTS)[M]["_output"]["params"]>;

/** What a server answers, by method; the results are in the protocol's own shapes. Methods that are absent are unknown to it. */
type Answers = {
  readonly [M in Method]?: (params: Params<M>, exchange: Exchange) => Promise<object>;
};

/** What is there for one connection. */
interface Handlers {
  /** The handshake is over. */
  readonly initialized: () => void;
  /** The client has other roots than before. */
  readonly rootsChanged: () => void;
  readonly closed: () => void;
  readonly answers: Answers;
}

/** Makes the handlers of one connection. */
export type Handle = (peer: Peer) => Handlers;

function capabilitiesOf(answers: Answers) {
  return {
    logging: {},
    tools: {},
    ...(answers["resources/list"] && { resources: { listChanged: true, subscribe: true } }),
    ...(answers["prompts/list"] && { prompts: {} }),
    ...(answers["completion/complete"] && { completions: {} }),
  };
}

/** One server for one connection. */
function createServer({ instructions, ...info }: ServerInfo, handle: Handle): Server {
  let level: LoggingLevel = "debug";
  let begin: () => void = () => undefined;
  const initialized = new Promise<void>((resolve) => {
    begin = resolve;
  });
  // The SDK's types name each method; ours are checked by whoever sends.
  const channel = (
    send: (notification: ServerNotification) => Promise<void>,
    ask: (request: ServerRequest, timeout: number | undefined) => Promise<Json>,
  ): Channel => {
    const notify: Channel["notify"] = (method, params = {}) =>
      void send({ method, params } as ServerNotification).catch(() => undefined);
    const { options: levels } = LoggingLevelSchema;
    return {
      notify,
      log: (of, data) => {
        if (levels.indexOf(of) >= levels.indexOf(level))
          notify("notifications/message", { level: of, logger: info.name, data });
      },
      request: (method, params, timeout) => ask({ method, params } as ServerRequest, timeout),
    };
  };
  const within = (timeout: number | undefined) => (timeout === undefined ? {} : { timeout });
  const handlers = handle({
    ...channel(
      (notification) => server.notification(notification),
      (request, timeout) => server.request(request, ResultSchema, within(timeout)),
    ),
    client: () => server.getClientVersion(),
    capabilities: () => server.getClientCapabilities() ?? {},
    initialized,
  });
  const server = new Server(info, { capabilities: capabilitiesOf(handlers.answers), instructions });
  server.oninitialized = () => {
    begin();
    handlers.initialized();
  };
  server.onclose = handlers.closed;
  server.setNotificationHandler(RootsListChangedNotificationSchema, handlers.rootsChanged);
  server.setRequestHandler(SetLevelRequestSchema, async ({ params }) => {
    level = params.level;
    return {};
  });
  for (const [method, schema] of Object.entries(REQUESTS)) {
    const answer = handlers.answers[method as Method] as
      | ((params: Json, exchange: Exchange) => Promise<object>)
      | undefined;
    if (!answer) continue;
    server.setRequestHandler(schema as typeof CallToolRequestSchema, async ({ params }, extra) => {
      const own = channel(extra.sendNotification, (request, timeout) =>
        extra.sendRequest(request, ResultSchema, within(timeout)),
      );
      const token = extra._meta?.progressToken;
      let over = false;
      const progress = (value: number, total?: number, message?: string): void => {
        if (over || extra.signal.aborted) return;
        const told = { ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) };
        own.notify("notifications/progress", { progressToken: token, progress: value, ...told });
      };
      try {
        return (await answer(params ?? {}, {
          ...own,
          id: extra.requestId,
          signal: extra.signal,
          progress: token === undefined ? undefined : progress,
          remote: remotes.getStore(),
        })) as ServerResult;
      } finally {
        // What is told after the answer would be about a request that the client knows no more.
        over = true;
      }
    });
  }
  return server;
}

/** Serves one client over standard input and output until it goes away. */
export async function connectStdio(info: ServerInfo, handle: Handle): Promise<void> {
  const server = createServer(info, handle);
  const { onclose } = server;
  const closed = new Promise<void>((resolve) => {
    server.onclose = () => {
      onclose?.();
      resolve();
    };
  });
  await server.connect(new StdioServerTransport());
  await closed;
}

/** One client's session over Streamable HTTP (MCP 2025-11-25, "Transports"). */
export interface HttpSession {
  /** Answers one request; `body` is the parsed JSON of a POST. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, body?: unknown) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface HttpSessionOptions {
  /** Given to the client as `Mcp-Session-Id`. */
  readonly id: string;
  /** Answer with one JSON body instead of an event stream. */
  readonly json: boolean;
  /** The client ended it, or `close` did. */
  readonly closed: () => void;
}

/** Opens a session that an `initialize` request is about to begin. */
export async function connectHttp(info: ServerInfo, handle: Handle, options: HttpSessionOptions): Promise<HttpSession> {
  const { StreamableHTTPServerTransport } = await import("@modelcontextprotocol/sdk/server/streamableHttp.js");
  const server = createServer(info, handle);
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => options.id,
    enableJsonResponse: options.json,
  });
  const { onclose } = server;
  server.onclose = () => {
    onclose?.();
    options.closed();
  };
  // The SDK's own class does not fit its interface where optional means absent.
  await server.connect(transport as Parameters<Server["connect"]>[0]);
  return {
    handle: (request, response, body) =>
      remotes.run(remoteOf(request), () => transport.handleRequest(request, response, body)),
    close: () => server.close(),
  };
}
