import fs from "node:fs/promises";
import * as z from "zod";
import { MemoryError } from "../../errors.js";
import type { Operation } from "../../operations/operation.js";

/** How a field of an operation is typed on the command line. */
export interface Parameter {
  readonly field: string;
  readonly flag: string;
  readonly type: "text" | "number" | "boolean" | "list" | "json" | "json-list";
  readonly required: boolean;
  readonly choices: readonly string[] | undefined;
  readonly description: string;
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly items?: Schema;
}

const kebab = (field: string): string => field.replaceAll("_", "-");

function typeOf(schema: Schema): Parameter["type"] {
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "number" || schema.type === "integer") return "number";
  if (schema.type === "array") return schema.items?.type === "string" ? "list" : "json-list";
  return schema.type === "string" ? "text" : "json";
}

/** The parameters of an operation, from its input schema. */
export function parametersOf(operation: Operation): Parameter[] {
  const schema = z.toJSONSchema(operation.input, { io: "input" });
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  return Object.entries(properties).map(([field, property]) => ({
    field,
    flag: `--${kebab(field)}`,
    type: typeOf(property),
    required: schema.required?.includes(field) ?? false,
    choices: property.enum ?? property.items?.enum,
    description: property.description ?? property.items?.description ?? "",
  }));
}

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
    throw misuse(flag, "has to be JSON, or @FILE with JSON in it");
  }
}

async function value({ flag, type }: Parameter, typed: unknown): Promise<unknown> {
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
