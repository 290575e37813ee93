import type { Memory } from "../../memory/memory.js";
import type { Toolset } from "../../operations/operation.js";
import { INSTRUCTIONS } from "../../setup/instructions.js";
import type { Audit } from "../audit.js";
import {
  connectHttp,
  connectStdio,
  type Exchange,
  type Handle,
  type HttpSession,
  type HttpSessionOptions,
  type Peer,
  type ServerInfo,
} from "./protocol.js";
import { rootFolders } from "./roots.js";

export interface ServerOptions {
  readonly version: string;
  readonly toolsets: ReadonlySet<Toolset>;
  /** Makes the memory, when the handshake is over: nothing heavy is loaded before. `roots` asks the client for its folders. */
  readonly memory: (roots: () => Promise<readonly string[]>) => Promise<Memory>;
  readonly session: string;
  /** What the environment says the agent is; else the client's own name. */
  readonly agent: string | undefined;
  /** How this server's commands are typed in a shell. */
  readonly shell: string;
  readonly log: (message: string, cause: unknown) => void;
  /** Told every call; absent where nobody keeps a record. */
  readonly audit?: Audit;
}

/** What one connection works with once something is asked of it. */
async function open(options: ServerOptions, peer: Peer, memory: Promise<Memory>) {
  const [{ openDesk }, opened] = await Promise.all([import("./desk.js"), memory]);
  return openDesk(options, peer, opened);
}

/** What the product answers on one connection: `initialize` is over at once, everything else waits for what it needs. */
const handlersOf =
  (options: ServerOptions): Handle =>
  (peer) => {
    let asked: Promise<readonly string[]> | undefined;
    const roots = async () => {
      // Before the handshake nothing is known of the client.
      if (!peer.client()) return [];
      asked ??= rootFolders(peer);
      return asked;
    };
    let opening: ReturnType<typeof open> | undefined;
    const desk = () => {
      opening ??= open(options, peer, options.memory(roots));
      return opening;
    };
    const background = (work: () => Promise<void>) =>
      void setImmediate(() => void work().catch((error: unknown) => options.log("start", error)));
    type Desk = Awaited<ReturnType<typeof open>>;
    const at =
      <P, R extends object>(work: (desk: Desk, params: P, exchange: Exchange) => Promise<R>) =>
      async (params: P, exchange: Exchange): Promise<R> =>
        work(await desk(), params, exchange);
    return {
      // The answer to `initialize` is on its way: now the store may be opened. Calls report what goes wrong with it.
      initialized: () => {
        asked = undefined;
        background(async () => (await desk()).begin());
      },
      rootsChanged: () => {
        asked = undefined;
        background(async () => (await desk()).lookAgain());
      },
      closed: () => void opening?.then((open) => open.close()).catch(() => undefined),
      answers: {
        "tools/list": async () => {
          const { toolsFor } = await import("./tools.js");
          return { tools: await toolsFor(options.toolsets) };
        },
        "tools/call": at((open, params, exchange) => open.callTool(params.name, params.arguments ?? {}, exchange)),
        "resources/list": at((open, params, exchange) => open.listResources(params.cursor, exchange)),
        "resources/templates/list": at((open) => open.listTemplates()),
        "resources/read": at((open, params, exchange) => open.readResource(params.uri, exchange)),
        "resources/subscribe": at((open, params, exchange) => open.subscribe(params.uri, exchange)),
        "resources/unsubscribe": at((open, params) => open.unsubscribe(params.uri)),
        "prompts/list": at((open) => open.listPrompts()),
        "prompts/get": at((open, params, exchange) => open.getPrompt(params.name, params.arguments ?? {}, exchange)),
        "completion/complete": at((open, params, exchange) => open.complete(params.ref, params.argument, exchange)),
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
