import type * as z from "zod";
import { MemoryError } from "../errors.js";
import type { Caller } from "../memory/caller.js";
import type { Memory } from "../memory/memory.js";
import type { Connection } from "../memory/session/call-session.js";
import { withNearRefs } from "../memory/session/near-refs.js";

/** Told how far a long call is: a count, how much it is in all where that is known, and what is being done. */
export type Progress = (done: number, total: number | undefined, message: string) => void;

/** What an operation works with: the memory, and who calls. */
export interface OperationContext {
  readonly memory: Memory;
  readonly caller: Caller;
  /** What the caller's connection remembers, where there is one that lasts. */
  readonly connection?: Connection;
  /** Nobody waits for the answer any more: what has not begun to write then never does. */
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/** `read` changes nothing; `write` adds or changes; `delete` can take text out of what is current. */
export type Effect = "read" | "write" | "delete";

/** A group of tools that a server offers together. */
export type Toolset = "default" | "more" | "graph" | "scopes" | "review" | "admin";

export type Style = "concise" | "detailed";

/** Turns `[[search]]` in a sentence of ours into what the reader can call. Text of entries must never go through it. */
export type Say = (text: string) => string;

/** A way in over REST: method and path below `/v1`, `{name}` standing for an input field. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** 201 for one that makes an entry, whose `address` then is the Location; 200 when absent. */
  readonly status?: 201;
}

/**
 * One verb of the product, declared once: MCP tool, REST route, command and help follow from it. Areas with several
 * verbs name an `action`.
 */
export interface Operation<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  readonly area: string;
  readonly action?: string;
  /** The command, as typed after `git memory`: one word, or group and verb (`tag list`). */
  readonly command: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly effect: Effect;
  /** Doing it twice is the same as doing it once. */
  readonly idempotent: boolean;
  readonly toolset: Toolset;
  readonly route: Route;
  /** Further ways in over REST, each with a name that generated clients can call it by. */
  readonly alsoAt?: readonly (Route & { readonly name: string })[];
  /** Input fields that the command line takes by position; the last one takes the rest when it is a list. */
  readonly args: readonly (keyof z.infer<I> & string)[];
  /** Answers while the index is still being built. */
  readonly early?: true;
  /** Works where no store is there yet: what it writes makes the person's own. */
  readonly storeless?: true;
  /** Input fields that MCP shows at the top; the others go into `filter`. All of them when absent. */
  readonly advertised?: readonly (keyof z.infer<I> & string)[];
  /** The version of the one entry that an output is about: REST's ETag. */
  readonly versionOf?: (output: z.infer<O>) => string | undefined;
  /** Exit status 1 of the command for an output that is not what one hopes for, such as findings. */
  readonly failed?: (output: z.infer<O>) => boolean;
  /** True for an output whose text goes to a file or another program: a terminal shows it without styles. */
  readonly verbatim?: (output: z.infer<O>) => boolean;
  /** Markdown for a reader with a token budget; what is to be called next goes through `say`. */
  readonly render: (output: z.infer<O>, style: Style, say: Say) => string;
  readonly run: (context: OperationContext, input: z.infer<I>) => Promise<z.infer<O>>;
}

/** Keeps the types of input and output while the value is declared. */
export const operation = <I extends z.ZodObject, O extends z.ZodType>(value: Operation<I, O>): Operation => {
  // The registry holds operations of every shape; `invoke` parses before it calls `run`.
  return value as unknown as Operation;
};

function refusal(target: Operation, issue: z.core.$ZodIssue): MemoryError {
  const known = Object.keys(target.input.shape);
  const name = target.action ? `${target.area} ${target.action}` : target.area;
  if (issue.code === "unrecognized_keys") {
    const field = issue.keys[0]!;
    return new MemoryError(
      "invalid_input",
      `${name} has no field ${JSON.stringify(field)}. It takes ${known.join(", ") || "none"}.`,
      {
        field,
        fields: known,
      },
    );
  }
  const field = issue.path.map(String).join(".");
  return new MemoryError("invalid_input", `${field || "The input"}: ${issue.message}. Nothing was done.`, { field });
}

const SCOPE_AREAS: ReadonlySet<string> = new Set(["session", "org", "project"]);

const FAILED =
  "Something unexpected went wrong inside git-memory. Nothing that was acknowledged is lost; the server's log has the cause.";

/**
 * The only gate to an operation: parses the input, waits for the index, runs, parses the output. Throws MemoryError and
 * nothing else; the cause of an `internal` one is for the log.
 */
export async function invoke(target: Operation, context: OperationContext, raw: unknown): Promise<unknown> {
  const input = target.input.safeParse(raw ?? {});
  if (!input.success) throw refusal(target, input.error.issues[0]!);
  return attend(context, async () => {
    if (!target.early) await ready(context, target.storeless);
    // A ref of these areas names a scope.
    const named = SCOPE_AREAS.has(target.area) ? input.data : withNearRefs(context, input.data);
    return target.output.parse(await target.run(context, named));
  });
}

/** After so long without news a caller that wants to know is told that there is none (milliseconds). */
const BEAT_MS = 5_000;

/** Tells a caller that wants to know how far a look at every file is, and now and then that work goes on; gives the end of that. */
function tell({ memory, progress }: OperationContext): () => void {
  if (!progress) return () => undefined;
  let beats = 0;
  const beat = setInterval(() => progress(++beats, undefined, "Still at work"), BEAT_MS).unref();
  const quiet = memory.onScan((done, total) => {
    beat.refresh();
    progress(done, total, "Reading the entries");
  });
  const still = memory.meaning.onProgress(({ embedded, total }) => {
    beat.refresh();
    progress(embedded, total, "Embedding the entries");
  });
  return () => {
    clearInterval(beat);
    quiet();
    still();
  };
}

/** Runs what works with the memory, telling how far it is. Throws as `invoke` does. */
export async function attend<T>(context: OperationContext, work: () => Promise<T>): Promise<T> {
  const quiet = tell(context);
  try {
    return await work();
  } catch (error) {
    if (error instanceof MemoryError) throw error;
    throw new MemoryError("internal", FAILED, {}, { cause: error });
  } finally {
    quiet();
  }
}

/** The index is there (or, for what is `storeless`, no store), or the call was cancelled: then `unavailable`, and nothing was done. */
export async function ready(
  { memory, signal }: Pick<OperationContext, "memory" | "signal">,
  storeless = false,
): Promise<void> {
  const open = () => (storeless ? memory.opened() : memory.fresh());
  if (memory.state !== "ready") await Promise.race([open(), ...(signal ? [abortion(signal)] : [])]);
  goOn(signal);
}

/** Throws `unavailable` when nobody waits any more. */
export function goOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new MemoryError("unavailable", "The call was cancelled before it wrote anything; nothing was done.");
}

const abortion = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
