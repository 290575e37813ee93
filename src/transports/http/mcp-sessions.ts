import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpSession } from "../mcp/protocol.js";
import { type ServerOptions, serveSession } from "../mcp/server.js";

/** Time as sessions see it. */
export interface Clock {
  readonly now: () => number;
  /** Runs something again and again, without keeping the process alive; gives what stops it. */
  readonly every: (milliseconds: number, run: () => void) => () => void;
}

export interface McpSessionsOptions {
  readonly server: Omit<ServerOptions, "session" | "agent">;
  /** Answer with one JSON body instead of an event stream. */
  readonly json: boolean;
  /** A session id: unguessable and unique. */
  readonly newId: () => string;
  readonly clock: Clock;
  /** How many sessions may be open. */
  readonly limit: number;
  /** How long a session without a request or an open stream lives, in milliseconds. */
  readonly idle: number;
}

interface Open {
  readonly http: HttpSession;
  /** Requests and streams that are not over. */
  busy: number;
  seen: number;
}

/** How long a session is silent at least before another may take its place, in milliseconds. */
const SILENT_MS = 60_000;

/** JSON-RPC 2.0, section 5.1, and what the transport of MCP uses. */
const CODE = { parse: -32_700, request: -32_600, refused: -32_000, unknown: -32_001 } as const;

/** Sends a refusal as JSON-RPC puts it. */
export function refuse(
  response: ServerResponse,
  status: number,
  kind: keyof typeof CODE,
  message: string,
  data?: Readonly<Record<string, unknown>>,
): void {
  const error = { code: CODE[kind], message, ...(data === undefined ? {} : { data }) };
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
}

const BOTH = "application/json, text/event-stream";

/** The SDK wants both types named; who takes anything, or only the one that is sent anyway, is served too. */
function widenAccept(request: IncomingMessage, json: boolean): void {
  const accept = request.headers.accept;
  const anything = accept === undefined || /(^|,)\s*\*\/\*/.test(accept);
  if (!anything && !(json && request.method === "POST" && /application\/json/i.test(accept))) return;
  request.headers.accept = BOTH;
  const raw = request.rawHeaders;
  const at = raw.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "accept");
  if (at < 0) raw.push("Accept", BOTH);
  else raw[at + 1] = BOTH;
}

const onlyJson = ({ headers: { accept = "" } }: IncomingMessage): boolean =>
  /application\/json/i.test(accept) && !/text\/event-stream|\*\/\*/i.test(accept);

const isInitialize = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "method" in body && body.method === "initialize" && "id" in body;

/** The MCP clients on this server: one session each, over Streamable HTTP (MCP 2025-11-25, "Transports"). */
export class McpSessions {
  readonly #options: McpSessionsOptions;
  readonly #open = new Map<string, Open>();
  readonly #stop: () => void;
  #closed = false;

  constructor(options: McpSessionsOptions) {
    this.#options = options;
    this.#stop = options.clock.every(Math.min(options.idle, 60_000), () => void this.#endIdle());
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers one request to `/mcp`; `body` is the parsed JSON of a POST. */
  async handle(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    const { method, headers } = request;
    if (method !== "POST" && method !== "GET" && method !== "DELETE") {
      response.setHeader("Allow", "GET, POST, DELETE");
      return refuse(response, 405, "refused", `${method} is not for this address. It takes GET, POST and DELETE.`);
    }
    const id = headers["mcp-session-id"];
    if (id === undefined) {
      if (method === "POST" && isInitialize(body)) return this.#begin(request, response, body);
      return refuse(response, 400, "refused", "The Mcp-Session-Id header is missing. Send initialize first.");
    }
    const open = this.#open.get(String(id));
    if (!open) return refuse(response, 404, "unknown", "There is no such session any more. Send initialize again.");
    return this.#pass(open, request, response, body);
  }

  async #begin(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const { limit, server, newId, json, clock } = this.#options;
    if (this.#open.size >= limit) await this.#makeRoom();
    if (this.#closed || this.#open.size >= limit)
      return refuse(response, 503, "refused", `${limit} sessions are open, and more are not served. Try again later.`, {
        code: "unavailable",
        limit,
      });
    const id = newId();
    const own = json || onlyJson(request);
    // Kept before it is connected, so that many beginners at once stay within the limit.
    const http = serveSession(
      { ...server, session: id, agent: undefined },
      { id, json: own, closed: () => void this.#open.delete(id) },
    );
    const open: Open = {
      http: {
        handle: async (...args) => {
          widenAccept(args[0], own);
          return (await http).handle(...args);
        },
        close: async () => (await http).close(),
      },
      busy: 0,
      seen: clock.now(),
    };
    this.#open.set(id, open);
    try {
      await this.#pass(open, request, response, body);
    } finally {
      // A handshake that was refused leaves no session behind.
      if (response.statusCode >= 400) await this.#end(id, open);
    }
  }

  /** Many clients go away without a word: when there is no room, the one that was silent longest is taken for gone. */
  async #makeRoom(): Promise<void> {
    const [oldest] = [...this.#open].filter(([, { busy }]) => busy === 0).sort(([, a], [, b]) => a.seen - b.seen);
    if (oldest && oldest[1].seen <= this.#options.clock.now() - SILENT_MS) await this.#end(...oldest);
  }

  async #pass(open: Open, request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const { clock } = this.#options;
    open.busy++;
    open.seen = clock.now();
    response.once("close", () => {
      open.busy--;
      open.seen = clock.now();
    });
    await open.http.handle(request, response, body);
  }

  async #end(id: string, open: Open): Promise<void> {
    this.#open.delete(id);
    await open.http.close();
  }

  async #endIdle(): Promise<void> {
    const { clock, idle, server } = this.#options;
    const limit = clock.now() - idle;
    const over = [...this.#open].filter(([, { busy, seen }]) => busy === 0 && seen <= limit);
    await Promise.all(over.map(([id, open]) => this.#end(id, open))).catch((error: unknown) =>
      server.log("a session did not end", error),
    );
  }

  /** Ends every session and its streams; none can begin after it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await Promise.all([...this.#open].map(([id, open]) => this.#end(id, open)));
  }
}
