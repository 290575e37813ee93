import fs from "node:fs/promises";
import { MemoryError } from "../../errors.js";
import type { Parameter } from "../parameters.js";

/** The flag of a field: `--base-version`. */
export const flagOf = (field: string): string => `--${field.replaceAll("_", "-")}`;

const misuse = (flag: string, message: string): MemoryError =>
  new MemoryError("invalid_input", `${flag} ${message}.`, { field: flag.replace(/^--/, "").replaceAll("-", "_") });

async function json(flag: string, text: string): Promise<unknown> {
  const source = text.startsWith("@")
    ? await fs.readFile(text.slice(1), "utf8").catch(() => {
        throw misuse(flag, `names a file that cannot be read: ${text.slice(1)}`);
      })
    : text;
  try {
    return JSON.parse(source) as unknown;
  } catch {
    throw misuse(flag, 'has to be JSON (in a shell \'{"field": "value"}\'), or @FILE with JSON in it');
  }
}

async function value({ field, type }: Parameter, typed: unknown): Promise<unknown> {
  const flag = flagOf(field);
  if (type === "number") {
    if (typeof typed === "string" && typed.trim() !== "" && !Number.isNaN(Number(typed))) return Number(typed);
    throw misuse(flag, "has to be a number");
  }
  if (type === "json") return json(flag, String(typed));
  if (type === "json-list") {
    const parts = await Promise.all((Array.isArray(typed) ? typed : [typed]).map((one) => json(flag, String(one))));
    return parts.flat();
  }
  return typed;
}

/** Turns what was typed, by field, into an operation's input. Throws `invalid_input` naming the flag. */
export async function inputOf(
  parameters: readonly Parameter[],
  typed: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const given = typed[parameter.field];
    if (given !== undefined) input[parameter.field] = await value(parameter, given);
  }
  return input;
}
