import { MemoryError } from "../../errors.js";
import type { Parameter } from "../parameters.js";

const invalid = (field: string, message: string): MemoryError =>
  new MemoryError("invalid_input", `${field} ${message}. Nothing was done.`, { field });

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new MemoryError(
      "invalid_input",
      "The query is not well-formed: % has to be followed by two hex digits of UTF-8.",
    );
  }
}

/** Every value by its name, in order, of what stands after the `?` of a URL. Throws `invalid_input`. */
function splitQuery(search: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const part of search.split("&").filter((text) => text !== "")) {
    const at = part.indexOf("=");
    const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    const field = decode(name);
    values.set(field, [...(values.get(field) ?? []), decode(value)]);
  }
  return values;
}

function json(field: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid(field, "has to be JSON");
  }
}

function single(field: string, values: readonly string[]): string {
  if (values.length === 1) return values[0] ?? "";
  throw invalid(field, "is given more than once");
}

/** A list repeats its name; commas work too where no item can hold one. */
function list({ choices }: Parameter, values: readonly string[]): string[] {
  if (!choices || choices.some((choice) => choice.includes(","))) return [...values];
  return values.flatMap((value) => value.split(","));
}

function coerce(parameter: Parameter, values: readonly string[]): unknown {
  const { field, type } = parameter;
  if (type === "list") return list(parameter, values);
  if (type === "json-list") return values.flatMap((value) => json(field, value));
  const text = single(field, values);
  if (type === "text") return text;
  if (type === "json") return json(field, text);
  if (type === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    throw invalid(field, "has to be true or false");
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) throw invalid(field, "has to be a number");
  return Number(text);
}

/** An operation's input as a query gives it. What the operation does not know stays as text, for it to refuse. */
export function queryInput(parameters: readonly Parameter[], search: string): Record<string, unknown> {
  const entries = [...splitQuery(search)].map(([field, values]) => {
    const parameter = parameters.find((one) => one.field === field);
    return [field, parameter ? coerce(parameter, values) : values[0]] as const;
  });
  return Object.fromEntries(entries);
}
