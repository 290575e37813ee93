import { MemoryError } from "../../errors.js";
import { invoke, type Operation, type OperationContext, type Style } from "../../operations/operation.js";
import { type Speech, speak } from "../../operations/speech.js";
import type { Ended } from "../audit.js";

/** What `tools/call` answers. */
export interface ToolResult {
  readonly content: { readonly type: "text"; readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: true;
  readonly [key: string]: unknown;
}

interface Call {
  readonly operation: Operation;
  readonly input: Record<string, unknown>;
  /** As the caller asked; undefined = as the setting says. */
  readonly format: Style | "json" | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (field: string, message: string): MemoryError => new MemoryError("invalid_input", message, { field });

/** Finds the operation that a tool's arguments mean, and its flat input. Throws `invalid_input`. */
export function decodeCall(operations: readonly Operation[], args: Record<string, unknown>): Call {
  const { action, filter, response_format: format, ...rest } = args;
  const actions = operations.map((one) => one.action).filter((one) => one !== undefined);
  const operation = operations.find((one) => one.action === action);
  if (!operation) {
    if (actions.length === 0) throw invalid("action", "This tool has no actions; leave action out.");
    throw invalid("action", `action has to be one of ${actions.join(", ")}.`);
  }
  if (format !== undefined && format !== "concise" && format !== "detailed" && format !== "json")
    throw invalid("response_format", "response_format has to be concise, detailed or json.");
  if (filter !== undefined && (!isObject(filter) || !operation.advertised))
    throw invalid("filter", operation.advertised ? "filter has to be an object." : "This tool has no filter.");
  const others = operations.filter((one) => one !== operation && one.action !== undefined);
  for (const field of Object.keys(rest)) {
    if (field in operation.input.shape) continue;
    const owner = others.find((one) => field in one.input.shape);
    if (owner) throw invalid(field, `${field} belongs to action ${owner.action}, not to action ${operation.action}.`);
  }
  return { operation, input: { ...rest, ...(isObject(filter) ? filter : {}) }, format };
}

/** Tells the log why something failed inside; the caller only gets a fixed sentence. */
export type Log = (message: string, cause: unknown) => void;

/** An error as the caller is told it. */
export const knownError = (error: unknown): MemoryError =>
  error instanceof MemoryError ? error : new MemoryError("internal", "Something unexpected went wrong.");

function failure(known: MemoryError, speech: Speech): ToolResult {
  const message = speak(known.message, speech);
  const data = Object.keys(known.data).length > 0 ? `\n${JSON.stringify(known.data)}` : "";
  return {
    content: [{ type: "text", text: `${known.code}: ${message}${data}` }],
    structuredContent: { error: { code: known.code, message, data: known.data } },
    isError: true,
  };
}

/** Runs one call of a tool, puts the result as the caller asked for it, and has told how it ended. Never throws. */
export async function callTool(
  operations: readonly Operation[],
  args: Record<string, unknown>,
  context: OperationContext,
  speech: Speech,
  log: Log,
  ended: (how: Ended) => void = () => undefined,
): Promise<ToolResult> {
  try {
    const { operation, input, format } = decodeCall(operations, args);
    const output = await invoke(operation, context, input);
    // Only now the store is open, whose settings count.
    const style = format ?? context.memory.settings.response_format.value;
    const say = (text: string) => speak(text, speech);
    const text = style === "json" ? JSON.stringify(output) : operation.render(output, style, say);
    ended({ output });
    return {
      content: [{ type: "text", text }],
      ...(style === "json" ? { structuredContent: output as Record<string, unknown> } : {}),
    };
  } catch (error) {
    // Nobody gets the answer to a call that was cancelled, and nothing went wrong.
    if (!context.signal?.aborted && (!(error instanceof MemoryError) || error.code === "internal"))
      log("a call failed", error instanceof Error ? (error.cause ?? error) : error);
    const known = knownError(error);
    ended({ error: known.code });
    return failure(known, speech);
  }
}
