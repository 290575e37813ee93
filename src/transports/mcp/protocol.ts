import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import type { ToolResult } from "./call.js";
import type { ToolDefinition } from "./tools.js";

/** What this server says of itself in the answer to `initialize`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly instructions: string;
}

/** What the client says of itself, once it has. */
export interface Peer {
  readonly client: () => { readonly name: string; readonly version: string } | undefined;
}

/** What the product answers with; the protocol's own types stay in this file. */
export interface Handlers {
  /** The handshake is over. */
  readonly initialized: () => void;
  readonly listTools: () => Promise<ToolDefinition[]>;
  /** Undefined when there is no such tool. */
  readonly callTool: (name: string, args: Record<string, unknown>) => Promise<ToolResult | undefined>;
}

/** Makes the handlers of one connection. */
export type Handle = (peer: Peer) => Handlers;

/** One server for one connection. */
function createServer({ instructions, ...info }: ServerInfo, handle: Handle): Server {
  const server = new Server(info, { capabilities: { tools: {} }, instructions });
  const handlers = handle({ client: () => server.getClientVersion() });
  server.oninitialized = handlers.initialized;
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: await handlers.listTools() }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const result = await handlers.callTool(params.name, params.arguments ?? {});
    if (result) return result;
    throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}; tools/list names what there is.`);
  });
  return server;
}

/** Serves one client over standard input and output until it goes away. */
export async function connectStdio(info: ServerInfo, handle: Handle): Promise<void> {
  const server = createServer(info, handle);
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
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
  server.onclose = options.closed;
  // The SDK's own class does not fit its interface where optional means absent.
  await server.connect(transport as Parameters<Server["connect"]>[0]);
  return {
    handle: (request, response, body) => transport.handleRequest(request, response, body),
    close: () => server.close(),
  };
}
