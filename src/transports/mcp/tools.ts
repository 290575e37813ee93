import * as z from "zod";
import type { Effect, Operation, Toolset } from "../../operations/operation.js";

/** JSON Schema of an object, as tools advertise it. */
export interface ObjectSchema {
  readonly type: "object";
  readonly properties: Record<string, Record<string, unknown>>;
  readonly required?: string[];
  readonly additionalProperties: false;
  readonly [keyword: string]: unknown;
}

/** A tool as `tools/list` gives it. */
export interface ToolDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: false;
  };
}

const RESPONSE_FORMAT = { type: "string", enum: ["concise", "detailed", "json"] };
const STRENGTH: readonly Effect[] = ["read", "write", "delete"];
/** Limits that `invoke` checks anyway and that would only cost the reader's tokens. */
const SILENT = new Set([
  "$schema",
  "maxLength",
  "minLength",
  "maxItems",
  "minItems",
  "minimum",
  "maximum",
  "propertyNames",
  "pattern",
]);

function slim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(slim);
  if (typeof value !== "object" || value === null) return value;
  // Zod writes the range of safe integers where no other is set.
  const entries = Object.entries(value).filter(
    ([key, inner]) => !SILENT.has(key) && !(typeof inner === "number" && Math.abs(inner) === Number.MAX_SAFE_INTEGER),
  );
  // An empty schema and `true` mean the same; some clients take only the second.
  const anything = (inner: unknown): boolean =>
    typeof inner === "object" && inner !== null && Object.keys(inner).length === 0;
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key === "additionalProperties" && anything(inner) ? true : slim(inner)]),
  );
}

/** The JSON Schema of an operation's input, without limits. */
export const inputSchema = (operation: Operation): ObjectSchema =>
  slim(z.toJSONSchema(operation.input, { io: "input" })) as ObjectSchema;

/** The areas of the operations that these toolsets offer. */
export const offered = (operations: readonly Operation[], toolsets: ReadonlySet<Toolset>): Operation[] =>
  operations.filter(({ toolset }) => toolsets.has(toolset));

function properties(operations: readonly Operation[]): Pick<ObjectSchema, "properties" | "required"> {
  const schemas = operations.map(inputSchema);
  const all = Object.assign({}, ...schemas.map((schema) => schema.properties)) as ObjectSchema["properties"];
  const required = Object.keys(all).filter((name) => schemas.every((schema) => schema.required?.includes(name)));
  const shown = operations[0]?.advertised;
  const top = Object.entries(all).filter(([name]) => !shown || shown.includes(name));
  const rest = Object.entries(all).filter(([name]) => shown && !shown.includes(name));
  const filter =
    rest.length === 0
      ? {}
      : { filter: { type: "object", properties: Object.fromEntries(rest), additionalProperties: false } };
  return { properties: { ...Object.fromEntries(top), ...filter }, ...(required.length === 0 ? {} : { required }) };
}

/** One tool for the operations of an area; several verbs share it through `action`. */
function toolOf(operations: readonly Operation[]): ToolDefinition {
  const [first] = operations;
  const actions = operations.map(({ action }) => action).filter((action) => action !== undefined);
  const fields = properties(operations);
  const reads = operations.every(({ effect }) => effect === "read");
  const effect = STRENGTH[Math.max(...operations.map((one) => STRENGTH.indexOf(one.effect)))];
  const several = operations.length > 1;
  return {
    name: `memory_${first!.area}`,
    title: several ? `Memory: ${first!.area}` : first!.title,
    description: several
      ? operations.map(({ action, description }) => `${action}: ${description}`).join("\n")
      : first!.description,
    inputSchema: {
      type: "object",
      properties: {
        ...(actions.length > 0 ? { action: { type: "string", enum: actions } } : {}),
        ...fields.properties,
        ...(operations.some((one) => one.effect === "read") ? { response_format: RESPONSE_FORMAT } : {}),
      },
      ...(actions.length > 0
        ? { required: ["action", ...(fields.required ?? [])] }
        : fields.required && { required: fields.required }),
      additionalProperties: false,
    },
    annotations: {
      readOnlyHint: reads,
      destructiveHint: effect === "delete",
      idempotentHint: operations.every(({ idempotent }) => idempotent),
      openWorldHint: false,
    },
  };
}

/** The tools for these operations, in their order. */
export function toolsOf(operations: readonly Operation[]): ToolDefinition[] {
  const areas = [...new Set(operations.map(({ area }) => area))];
  return areas.map((area) => toolOf(operations.filter((one) => one.area === area)));
}

/** The tools that these toolsets offer; the registry is loaded only now. */
export async function toolsFor(toolsets: ReadonlySet<Toolset>): Promise<ToolDefinition[]> {
  const { OPERATIONS } = await import("../../operations/registry.js");
  return toolsOf(offered(OPERATIONS, toolsets));
}
