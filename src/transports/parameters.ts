import * as z from "zod";
import type { Operation } from "../operations/operation.js";

/** How a field of an operation is written where all is text: on the command line and in a URL. */
export interface Parameter {
  readonly field: string;
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
    type: typeOf(property),
    required: schema.required?.includes(field) ?? false,
    choices: property.enum ?? property.items?.enum,
    description: property.description ?? property.items?.description ?? "",
  }));
}
