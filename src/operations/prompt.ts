import { MemoryError } from "../errors.js";
import type { Completion } from "../memory/completion.js";
import type { Memory } from "../memory/memory.js";
import { attend, type OperationContext, ready, type Say } from "./operation.js";

interface PromptArgument {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly required: boolean;
  /** What may be meant by the beginning of a value. */
  readonly complete?: (memory: Memory, text: string) => Completion;
}

/** What a prompt is asked for: its arguments, empty ones left out. */
export type PromptInput = Readonly<Record<string, string>>;

/** A message that a person has written for an agent, grounded in what the store holds. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** The text; our own sentences go through `say`, text of entries only through `quoted`. */
  readonly run: (memory: Memory, input: PromptInput, say: Say) => Promise<string>;
}

/** Every line marked as quoted, so that text of entries cannot pass for ours. */
export const quoted = (text: string): string =>
  text
    .trim()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `> ${line}`)
    .join("\n");

/** Checks the arguments and makes the text. Throws `invalid_input` naming the argument, and what the store throws. */
export async function writePrompt(
  prompt: Prompt,
  context: OperationContext,
  given: PromptInput,
  say: Say,
): Promise<string> {
  const known = prompt.arguments.map(({ name }) => name);
  const odd = Object.keys(given).find((name) => !known.includes(name));
  if (odd !== undefined) {
    const takes = known.length > 0 ? known.join(", ") : "none";
    throw new MemoryError(
      "invalid_input",
      `${prompt.name} has no argument ${JSON.stringify(odd)}. It takes ${takes}.`,
      {
        field: odd,
      },
    );
  }
  const filled = Object.entries(given).map(([name, value]) => [name, value.trim()] as const);
  const input = Object.fromEntries(filled.filter(([, value]) => value !== ""));
  const missing = prompt.arguments.find(({ name, required }) => required && input[name] === undefined);
  if (missing)
    throw new MemoryError("invalid_input", `${prompt.name} needs ${missing.name}: ${missing.description}.`, {
      field: missing.name,
    });
  return attend(context, async () => {
    await ready(context);
    await context.memory.fresh();
    return prompt.run(context.memory, input, say);
  });
}
