import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import path from "node:path";
import { GIT_ENV } from "./repositories.js";

/** The program as users get it. */
export const PROGRAM = path.resolve("dist/git-memory.js");

export interface Reply {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A request or notification of the server. */
export interface Heard {
  readonly id?: number;
  readonly method: string;
  readonly params?: Record<string, unknown>;
}

/** Whom a program runs as; the user who runs the tests when empty. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Speaks the protocol line by line, so that every byte of standard output is seen. */
export class LineClient {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  readonly exit: Promise<number | null>;
  stderr = "";
  /** What the server sent of its own accord. */
  readonly heard: Heard[] = [];
  /** Answers the server's requests; undefined = no answer at all. */
  respond: (request: Heard) => Record<string, unknown> | undefined = () => undefined;
  #id = 0;
  #rest = "";
  readonly #waiting = new Map<number, (reply: Reply) => void>();

  constructor(cwd: string, args: readonly string[] = [], env: Record<string, string> = {}, user: User = {}) {
    this.child = spawn(process.execPath, [PROGRAM, "mcp", ...args], { cwd, env: { ...GIT_ENV, ...env }, ...user });
    this.child.stdout.on("data", (chunk: Buffer) => this.#hear(chunk.toString("utf8")));
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString("utf8");
    });
    this.exit = new Promise((resolve) => this.child.on("exit", (code) => resolve(code)));
  }

  #hear(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const line of parts) {
      this.lines.push(line);
      const message = JSON.parse(line) as (Reply & { id?: number }) | Heard;
      if ("method" in message) {
        this.heard.push(message);
        const result = message.id === undefined ? undefined : this.respond(message);
        if (result) this.raw(`${JSON.stringify({ jsonrpc: "2.0", id: message.id, result })}\n`);
      } else if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    }
  }

  raw(text: string): void {
    this.child.stdin.write(text);
  }

  send(method: string, params: unknown = {}): Promise<Reply> {
    const id = ++this.#id;
    const reply = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.raw(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return reply;
  }

  notify(method: string, params: unknown = {}): void {
    this.raw(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  }

  /** The parameters of the server's notifications of one method. */
  told(method: string): Record<string, unknown>[] {
    return this.heard.filter((one) => one.method === method).map(({ params = {} }) => params);
  }

  async initialize(capabilities: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const clientInfo = { name: "test-client", version: "1.0" };
    const { result } = await this.send("initialize", { protocolVersion: "2025-06-18", capabilities, clientInfo });
    this.notify("notifications/initialized");
    return result ?? {};
  }

  /** Calls a tool and gives its JSON, or the error that it answered. */
  async call(tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { result, error } = await this.send("tools/call", { name: tool, arguments: args });
    if (error) throw new Error(error.message);
    return (result?.structuredContent as Record<string, unknown> | undefined) ?? { text: textOf(result) };
  }

  async close(): Promise<number | null> {
    this.child.stdin.end();
    return this.exit;
  }
}

/** The text that a tool's result shows. */
export const textOf = (result: Record<string, unknown> | undefined): string =>
  ((result?.content as { text: string }[] | undefined) ?? []).map((part) => part.text).join("\n");
