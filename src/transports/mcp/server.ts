import type { Caller } from "../../memory/caller.js";
import type { Memory } from "../../memory/memory.js";
import type { Toolset } from "../../operations/operation.js";
import { INSTRUCTIONS } from "../../setup/instructions.js";
import {
  connectHttp,
  connectStdio,
  type Handle,
  type HttpSession,
  type HttpSessionOptions,
  type ServerInfo,
} from "./protocol.js";

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

/** What the product answers on one connection: `initialize` is over at once, everything else waits for what it needs. */
const handlersOf =
  (options: ServerOptions): Handle =>
  ({ client }) => {
    const surface = async () => {
      const [{ OPERATIONS }, tools] = await Promise.all([import("../../operations/registry.js"), import("./tools.js")]);
      return { operations: tools.offered(OPERATIONS, options.toolsets), tools };
    };
    return {
      initialized: () => {
        // The answer to `initialize` is on its way: now the store may be opened. Calls report what goes wrong with it.
        setImmediate(
          () => void Promise.all([options.memory(), surface()]).catch((error: unknown) => options.log("start", error)),
        );
      },
      listTools: async () => {
        const { operations, tools } = await surface();
        return tools.toolsOf(operations);
      },
      callTool: async (name, args) => {
        const [{ operations }, { callTool }, memory] = await Promise.all([
          surface(),
          import("./call.js"),
          options.memory(),
        ]);
        const own = operations.filter(({ area }) => `memory_${area}` === name);
        if (own.length === 0) return undefined;
        const named = client();
        const agent = options.agent ?? (named && `${named.name}/${named.version}`);
        const caller: Caller = { session: options.session, ...(agent === undefined ? {} : { agent }) };
        const speech = { tools: new Set(operations.map(({ area }) => area)), shell: options.shell };
        return callTool(own, args, { memory, caller }, speech, options.log);
      },
    };
  };

const infoOf = ({ version }: ServerOptions): ServerInfo => ({
  name: "git-memory",
  version,
  instructions: INSTRUCTIONS,
});

/** Serves one client over standard input and output until it goes away. */
export const serveStdio = (options: ServerOptions): Promise<void> => connectStdio(infoOf(options), handlersOf(options));

/** Opens a session over Streamable HTTP; `session` of the options is what its writes are recorded with. */
export const serveSession = (options: ServerOptions, http: HttpSessionOptions): Promise<HttpSession> =>
  connectHttp(infoOf(options), handlersOf(options), http);
