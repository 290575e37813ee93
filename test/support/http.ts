import http from "node:http";
import net from "node:net";
import { type App, createApp } from "../../src/transports/http/app.js";
import { type Listening, listen } from "../../src/transports/http/listen.js";
import { type Clock, McpSessions } from "../../src/transports/http/mcp-sessions.js";
import { parseToolsets } from "../../src/transports/mcp/toolsets.js";
import { VERSION } from "../../src/version.js";
import type { Bench, Json } from "./memory.js";

/** What a server answered. */
export interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Json;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

/** One request whose path and headers are sent as they are given. */
export function ask(port: number, path: string, { method, headers = {}, body }: Sent = {}): Promise<Answered> {
  const data =
    body === undefined ? undefined : typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const type = data === undefined ? {} : { "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: method ?? (data === undefined ? "GET" : "POST"),
        headers: { ...type, ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
        });
      },
    );
    request.on("error", reject);
    request.end(data);
  });
}

/** Everything that a server sends back on a connection on which these bytes are sent, until it ends. */
export function sendBytes(port: number, bytes: string, { host = "127.0.0.1", hangUp = true } = {}): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = net.connect(port, host, () => (hangUp ? socket.end(bytes) : socket.write(bytes)));
    const over = () => resolve(Buffer.concat(chunks).toString("latin1"));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", over);
    socket.on("close", over);
  });
}

/** A clock that moves when it is told to. */
export class HandClock implements Clock {
  at = 0;
  readonly #runs = new Set<() => void>();
  readonly now = (): number => this.at;
  readonly every = (_milliseconds: number, run: () => void): (() => void) => {
    this.#runs.add(run);
    return () => this.#runs.delete(run);
  };

  /** Moves on, and runs what is to be run again and again. */
  advance(milliseconds: number): void {
    this.at += milliseconds;
    for (const run of this.#runs) run();
  }
}

export interface ServerGiven {
  readonly json?: boolean;
  readonly limit?: number;
  readonly idle?: number;
  readonly host?: string;
}

/** The HTTP server over a bench's memory, on a free port. */
export class HttpBench {
  readonly bench: Bench;
  readonly app: App;
  readonly sessions: McpSessions;
  readonly clock: HandClock;
  readonly logged: unknown[];
  readonly #listening: Listening;

  private constructor(
    bench: Bench,
    app: App,
    sessions: McpSessions,
    clock: HandClock,
    logged: unknown[],
    listening: Listening,
  ) {
    this.bench = bench;
    this.app = app;
    this.sessions = sessions;
    this.clock = clock;
    this.logged = logged;
    this.#listening = listening;
  }

  static async open(
    bench: Bench,
    { json = false, limit = 10, idle = 1_000, host = "127.0.0.1" }: ServerGiven = {},
  ): Promise<HttpBench> {
    const logged: unknown[] = [];
    const log = (message: string, cause: unknown) => void logged.push([message, cause]);
    const clock = new HandClock();
    const memory = async () => bench.memory;
    const shared = { version: VERSION, shell: "git memory", memory, log };
    const sessions = new McpSessions({
      server: { ...shared, toolsets: parseToolsets("all") },
      json,
      newId: () => crypto.randomUUID(),
      clock,
      limit,
      idle,
    });
    const index = () => ({ state: bench.memory.state, done: bench.memory.index.size });
    const app = createApp({ ...shared, caller: {}, index, sessions });
    return new HttpBench(bench, app, sessions, clock, logged, await listen(app, host, 0));
  }

  get port(): number {
    return this.#listening.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  ask(path: string, sent: Sent = {}): Promise<Answered> {
    return ask(this.port, path, sent);
  }

  async close(): Promise<void> {
    await Promise.all([this.sessions.close(), this.#listening.close()]);
  }
}
