import { MemoryError } from "../../errors.js";
import type { Memory } from "../../memory/memory.js";
import type { Audit } from "../audit.js";
import type { Command, GlobalFlags, ProcessCommand } from "../cli/cli.js";
import type { Program } from "./program.js";

type ServeFlags = GlobalFlags & {
  readonly host: string;
  readonly port: string;
  readonly toolsets?: string;
  readonly jsonResponse?: boolean;
  readonly audit?: string;
  readonly json?: boolean;
};

/** Where the server listens when nothing else is said. */
const DEFAULT_PORT = 4716;
/** How long an index that still grows may hold up the end, in milliseconds; the next start recovers what is cut off. */
const CLOSE_MS = 400;
const SESSION_LIMIT = 100;
const SESSION_IDLE_MS = 30 * 60_000;

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new MemoryError("invalid_input", "--port has to be a number from 0 to 65535; 0 takes a free one.", {
    field: "port",
  });
}

function switchOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "on" || text === "off") return text;
  throw new MemoryError("invalid_input", "--audit has to be on or off.", { field: "audit" });
}

const clock = {
  now: () => performance.now(),
  every: (milliseconds: number, run: () => void) => {
    const timer = setInterval(run, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

/** Serves REST and MCP over HTTP on loopback until the process is told to end. */
async function serve(program: Program, flags: ServeFlags): Promise<number> {
  const [{ createApp }, { McpSessions }, { listen }, { loopbackAddress }, { parseToolsets }] = await Promise.all([
    import("../http/app.js"),
    import("../http/mcp-sessions.js"),
    import("../http/listen.js"),
    import("../http/guard.js"),
    import("../mcp/toolsets.js"),
  ]);
  const { version, shell, agent, env, log } = program;
  const host = loopbackAddress(flags.host);
  const port = portOf(flags.port);
  const toolsets = parseToolsets(flags.toolsets ?? env.GIT_MEMORY_TOOLSETS);
  const wanted = switchOf(flags.audit);
  const session = flags.session ?? env.GIT_MEMORY_SESSION;

  let opened: Memory | undefined;
  let opening: Promise<Memory> | undefined;
  const memory = (): Promise<Memory> => {
    opening ??= program.openMemory({ root: flags.root, watch: true, audit: wanted }).then((open) => {
      opened = open;
      return open;
    });
    return opening;
  };
  // Without a memory there is nowhere to keep a record, and that is told by the calls.
  const audit: Audit = (record) =>
    void memory().then(
      (open) => open.audit.note(record),
      () => undefined,
    );
  const sessions = new McpSessions({
    server: { version, shell, toolsets, memory, log, audit },
    json: flags.jsonResponse === true,
    newId: () => crypto.randomUUID(),
    clock,
    limit: SESSION_LIMIT,
    idle: SESSION_IDLE_MS,
  });
  const app = createApp({
    version,
    shell,
    memory,
    sessions,
    log,
    audit,
    caller: { ...(agent === undefined ? {} : { agent }), ...(session === undefined ? {} : { session }) },
    index: () => ({ state: opened?.state ?? "indexing", done: opened?.index.size ?? 0 }),
  });
  const listening = await listen(app, host, port);
  let ended = (): void => undefined;
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  program.onStop(async () => {
    await Promise.all([sessions.close(), listening.close()]).catch((error: unknown) => log("stop", error));
    const closed = opening?.then((open) => open.close()).catch((error: unknown) => log("stop", error));
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
    ended();
  });
  // The index grows while the first requests are answered; what is wrong with the store, they tell.
  memory().catch((error: unknown) => log("start", error));
  const { address } = listening;
  const url = `http://${address.includes(":") ? `[${address}]` : address}:${listening.port}`;
  const line =
    flags.json === true
      ? JSON.stringify({ url, mcp: `${url}/mcp`, rest: `${url}/v1` })
      : `Serving ${url}/v1 (REST), ${url}/mcp (MCP) and ${url}/ (what there is)`;
  program.out(`${line}\n`);
  await end;
  return 0;
}

/** `git memory serve`. */
export const serveCommand = (program: Program): ProcessCommand => ({
  name: "serve",
  description: "Serve REST and MCP over HTTP, to programs on this machine",
  configure: (command: Command) => {
    command
      .option("--host <address>", "127.0.0.1, ::1 or localhost", "127.0.0.1")
      .option("--port <number>", "0 takes a free one and prints it", String(DEFAULT_PORT))
      .option("--toolsets <names>", "MCP: default, more, graph, scopes, admin, or all; several with commas")
      .option(
        "--audit <on|off>",
        "record who called what on this machine, for `git memory audit`; on unless a setting says off",
      )
      .option("--json-response", "MCP: answer with one JSON body instead of an event stream");
  },
  run: (_args, options) => serve(program, options as unknown as ServeFlags),
});
