import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import type { Caller } from "../../memory/caller.js";
import type { Memory } from "../../memory/memory.js";
import type { Toolset } from "../../operations/operation.js";
import { INSTRUCTIONS } from "./instructions.js";

export interface ServerOptions {
  readonly version: string;
  readonly toolsets: ReadonlySet<Toolset>;
  /** Makes the memory, when the handshake is over: nothing heavy is loaded before. */
  readonly memory: () => Promise<Memory>;
  readonly session: string;
  /** What the environment says the agent is; else the client's own name. */
  readonly agent: string | undefined;
  /** How this server's commands are typed in a shell. */
  readonly shell: string;
  readonly log: (message: string, cause: unknown) => void;
}

/** One server for one connection: `initialize` is answered at once, everything else waits for what it needs. */
function createServer(options: ServerOptions): Server {
  const server = new Server(
    { name: "git-memory", version: options.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const surface = async () => {
    const [{ OPERATIONS }, tools] = await Promise.all([import("../../operations/registry.js"), import("./tools.js")]);
    return { operations: tools.offered(OPERATIONS, options.toolsets), tools };
  };
  server.oninitialized = () => {
    // The answer to `initialize` is on its way: now the store may be opened. Calls report what goes wrong with it.
    setImmediate(
      () => void Promise.all([options.memory(), surface()]).catch((error: unknown) => options.log("start", error)),
    );
  };
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    const { operations, tools } = await surface();
    return { tools: tools.toolsOf(operations) };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const [{ operations }, { callTool }, memory] = await Promise.all([
      surface(),
      import("./call.js"),
      options.memory(),
    ]);
    const own = operations.filter(({ area }) => `memory_${area}` === params.name);
    if (own.length === 0)
      throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}; tools/list names what there is.`);
    const client = server.getClientVersion();
    const agent = options.agent ?? (client && `${client.name}/${client.version}`);
    const caller: Caller = { session: options.session, ...(agent === undefined ? {} : { agent }) };
    const speech = { tools: new Set(operations.map(({ area }) => area)), shell: options.shell };
    return callTool(own, params.arguments ?? {}, { memory, caller }, speech, options.log);
  });
  return server;
}

/** Serves one client over standard input and output until it goes away. */
export async function serveStdio(options: ServerOptions): Promise<void> {
  const server = createServer(options);
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  await server.connect(new StdioServerTransport());
  await closed;
}
