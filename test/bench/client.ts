import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { GIT_ENV } from "../support/repositories.js";

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface ToolAnswer {
  readonly content: readonly { readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: boolean;
}

export interface ServerCommand {
  /** The built program. */
  readonly program: string;
  /** What Node itself is told, such as `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
  /** A folder of the bench for what the server would keep in a home. */
  readonly home: string;
  /** The driver that makes vectors; none when absent. */
  readonly embedder?: string;
  /** Where a server that ends writes how late its timers were. */
  readonly delays?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process of ours runs first to write its event loop's delay when it ends: p50, p99 and the longest (ms). */
const WATCH_LOOP = `import { monitorEventLoopDelay } from "node:perf_hooks";
import fs from "node:fs";
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on("exit", () => fs.writeFileSync(process.env.BENCH_DELAYS, JSON.stringify({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 })));`;

const CLOSE_MS = 10_000;

/** A client of one server process that speaks JSON-RPC lines itself, so that no library's time is counted. */
export class Client {
  readonly startedAt = performance.now();
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<number, { done: (answer: Answer) => void; fail: (error: Error) => void }>();
  readonly #exited: Promise<void>;
  #id = 0;
  #errors = "";

  constructor(command: ServerCommand, cwd: string) {
    const { delays } = command;
    const watching = delays ? ["--import", `data:text/javascript,${encodeURIComponent(WATCH_LOOP)}`] : [];
    this.#process = spawn(process.execPath, [...command.nodeFlags, ...watching, command.program, "mcp"], {
      cwd,
      env: {
        ...GIT_ENV,
        HOME: command.home,
        GIT_MEMORY_HOME: `${command.home}/personal`,
        GIT_MEMORY_TOOLSETS: "all",
        GIT_MEMORY_EMBEDDER: command.embedder ?? "none",
        ...(delays ? { BENCH_DELAYS: delays } : {}),
        ...command.env,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#exited = new Promise((resolve) => {
      this.#process.once("exit", () => {
        for (const { fail } of this.#waiting.values()) fail(new Error(`the server ended: ${this.#errors}`));
        resolve();
      });
    });
    this.#process.stderr.on("data", (chunk: Buffer) => {
      this.#errors += chunk.toString("utf8");
    });
    let rest = "";
    this.#process.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#receive(JSON.parse(line) as Answer);
    });
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    waiting?.done(answer);
  }

  #send(message: Record<string, unknown>): void {
    this.#process.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  async #request(method: string, params: Record<string, unknown>): Promise<unknown> {
    const id = ++this.#id;
    const answered = new Promise<Answer>((done, fail) => this.#waiting.set(id, { done, fail }));
    this.#send({ id, method, params });
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Shakes hands; gives the milliseconds from the start of the process to the answer. */
  async initialize(): Promise<number> {
    await this.#request("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "bench", version: "1" },
    });
    const took = performance.now() - this.startedAt;
    this.#send({ method: "notifications/initialized" });
    return took;
  }

  /** Calls a tool; throws with the server's words when it refuses. */
  async call(name: string, args: Record<string, unknown>): Promise<string> {
    const answer = (await this.#request("tools/call", { name, arguments: args })) as ToolAnswer;
    const text = answer.content[0]?.text ?? "";
    if (answer.isError) throw new Error(`${name}: ${text}`);
    return text;
  }

  async json<T>(name: string, args: Record<string, unknown>): Promise<T> {
    return JSON.parse(await this.call(name, { ...args, response_format: "json" })) as T;
  }

  /** Bytes that the process has in memory, as the system counts them. */
  rss(): number {
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(this.#process.pid)], { encoding: "utf8" })) * 1024;
  }

  /** Goes away, as clients do; the server has to end by itself then. */
  async close(): Promise<void> {
    this.#process.stdin.end();
    const late = setTimeout(() => this.#process.kill("SIGKILL"), CLOSE_MS);
    await this.#exited;
    clearTimeout(late);
  }
}

/** Starts a server in `cwd` for `work`, and ends it whatever comes of that. */
export async function withServer<T>(
  command: ServerCommand,
  cwd: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(command, cwd);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
