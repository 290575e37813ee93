import { MemoryError } from "../../errors.js";
import type { Caller } from "../../memory/caller.js";
import { type Completion, NOTHING } from "../../memory/completion.js";
import { KnownTexts } from "../../memory/known-texts.js";
import type { Memory } from "../../memory/memory.js";
import type { Connection } from "../../memory/session/call-session.js";
import type { OperationContext } from "../../operations/operation.js";
import { writePrompt } from "../../operations/prompt.js";
import { PROMPTS } from "../../operations/prompts.js";
import { OPERATIONS } from "../../operations/registry.js";
import { type Speech, speak } from "../../operations/speech.js";
import { type Called, type Ended, timeCall } from "../audit.js";
import { callTool, knownError } from "./call.js";
import { risingProgress } from "./progress.js";
import {
  type Exchange,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  type Params,
  type Peer,
  ProtocolError,
  RESOURCE_NOT_FOUND,
} from "./protocol.js";
import { ENTRY_TEMPLATE, ResourceDesk, refsOf } from "./resources.js";
import type { ServerOptions } from "./server.js";
import { offered } from "./tools.js";

type Completing = Params<"completion/complete">;

/** What one connection is answered with, once its memory is being opened. */
export function openDesk(options: ServerOptions, peer: Peer, memory: Memory) {
  const operations = offered(OPERATIONS, options.toolsets);
  const speech: Speech = { tools: new Set(operations.map(({ area }) => area)), shell: options.shell };
  const say = (text: string): string => speak(text, speech);
  const resources = new ResourceDesk(memory, speech, peer);
  const connection: Connection = { texts: new KnownTexts() };

  const callerOf = (): Caller => {
    const named = peer.client();
    const agent = options.agent ?? (named && `${named.name}/${named.version}`);
    return { session: options.session, ...(agent === undefined ? {} : { agent }) };
  };

  const contextOf = ({ signal, progress }: Exchange): OperationContext => {
    const told = risingProgress(progress);
    return { memory, caller: callerOf(), connection, signal, ...(told === undefined ? {} : { progress: told }) };
  };

  /** Begins to time what is asked for; what it gives tells the audit how that ended. */
  const timed = ({ remote }: Exchange, operation: Called["operation"], refs: readonly unknown[] = []) => {
    const end = timeCall();
    return (how: Ended): void => options.audit?.(end({ operation, caller: callerOf(), remote, refs }, how));
  };

  /** Where there is no result to carry an error, the protocol's own has to. */
  const answer = async <T>(
    exchange: Exchange,
    work: (context: OperationContext) => Promise<T>,
    end: (how: Ended) => void = () => undefined,
  ): Promise<T> => {
    try {
      const result = await work(contextOf(exchange));
      end({});
      return result;
    } catch (error) {
      if (error instanceof ProtocolError) {
        end({ error: error.code === RESOURCE_NOT_FOUND ? "not_found" : "invalid_input" });
        throw error;
      }
      const known = knownError(error);
      end({ error: known.code });
      if (known.code === "internal" && !exchange.signal.aborted) options.log("a request failed", known.cause ?? error);
      const code = known.code === "invalid_input" ? INVALID_PARAMS : INTERNAL_ERROR;
      throw new ProtocolError(code, say(known.message), { code: known.code, ...known.data });
    }
  };

  const complete = async (context: OperationContext, { ref, argument }: Completing): Promise<Completion> => {
    if (ref.type === "ref/resource") {
      if (ref.uri !== ENTRY_TEMPLATE.uriTemplate || argument.name !== "address") return NOTHING;
      return resources.complete(context, argument.value);
    }
    const prompt = PROMPTS.find(({ name }) => name === ref.name);
    const completer = prompt?.arguments.find(({ name }) => name === argument.name)?.complete;
    if (!completer) return NOTHING;
    await resources.settle(context);
    return completer(memory, argument.value);
  };

  return {
    /** Tells the client what keeps the store from working as it should; that there is none is told by the calls. */
    begin: async (): Promise<void> => {
      try {
        const { watching } = await memory.fresh();
        if (typeof watching === "string") peer.log("warning", `Hand edits are noticed by scans only: ${watching}`);
      } catch (error) {
        if (!(error instanceof MemoryError)) throw error;
        if (error.data.missing !== "store") peer.log("error", say(error.message));
      }
    },
    /** Looks for a store once more where none was found. */
    lookAgain: (): void => memory.start(),
    close: (): void => resources.close(),

    callTool: async (name: string, args: Record<string, unknown>, exchange: Exchange) => {
      const own = operations.filter(({ area }) => `memory_${area}` === name);
      const called = own.find(({ action }) => action === args.action) ?? own[0]?.area ?? "unknown tool";
      const end = timed(exchange, called, [args.ref, args.refs].flat());
      if (own.length > 0) return callTool(own, args, contextOf(exchange), speech, options.log, end);
      end({ error: "invalid_input" });
      throw new ProtocolError(INVALID_PARAMS, `There is no tool ${name}; tools/list names what there is.`);
    },

    listResources: (cursor: string | undefined, exchange: Exchange) =>
      answer(exchange, (context) => resources.list(context, cursor)),
    listTemplates: async () => ({ resourceTemplates: [ENTRY_TEMPLATE] }),
    readResource: (uri: string, exchange: Exchange) =>
      answer(
        exchange,
        (context) => resources.read(context, uri),
        timed(exchange, "resource read", refsOf(uri).slice(0, 1)),
      ),
    subscribe: (uri: string, exchange: Exchange) => answer(exchange, (context) => resources.subscribe(context, uri)),
    unsubscribe: async (uri: string) => resources.unsubscribe(uri),

    listPrompts: async () => ({
      prompts: PROMPTS.map(({ name, title, description, arguments: all }) => ({
        name,
        title,
        description,
        arguments: all.map(({ complete: _complete, ...shown }) => shown),
      })),
    }),
    getPrompt: (name: string, given: Record<string, string>, exchange: Exchange) => {
      const work = async (context: OperationContext) => {
        const prompt = PROMPTS.find((one) => one.name === name);
        if (!prompt) {
          const names = PROMPTS.map((one) => one.name).join(", ");
          throw new ProtocolError(INVALID_PARAMS, `There is no prompt ${name}. There are ${names}.`);
        }
        const text = await writePrompt(prompt, context, given, say);
        const { description } = prompt;
        return { description, messages: [{ role: "user", content: { type: "text", text } }] };
      };
      return answer(exchange, work, timed(exchange, "prompt get"));
    },

    /** What is not known has no values: it is asked at every key that somebody presses. */
    complete: (ref: Completing["ref"], argument: Completing["argument"], exchange: Exchange) =>
      answer(exchange, async (context) => {
        const { values, total } = await complete(context, { ref, argument });
        return { completion: { values, total, hasMore: total > values.length } };
      }),
  };
}
