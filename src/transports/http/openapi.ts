import { ERROR_CODES } from "../../errors.js";
import { ROUTES } from "../../operations/routes.js";
import { STATUS } from "./answer.js";
import {
  type ApiOperation,
  documentedPath,
  json,
  operationFor,
  outputName,
  outputSchema,
  reference,
} from "./openapi-operation.js";

/** A description of the whole server (OpenAPI 3.1). */
export interface ApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: object;
  readonly [part: string]: unknown;
}

const ERROR = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { type: "string", enum: [...ERROR_CODES] },
        message: { type: "string", description: "What happened, why, and what to do next" },
        data: { type: "object", description: "The same for a program, such as the field that is wrong" },
      },
      required: ["code", "message", "data"],
    },
  },
  required: ["error"],
};

const HEALTH: ApiOperation = {
  operationId: "health",
  summary: "Is the server there",
  description: "Answers at once, also while the index grows.",
  tags: ["server"],
  responses: {
    200: {
      description: "It is",
      content: json({
        type: "object",
        properties: {
          status: { const: "ok" },
          version: { type: "string" },
          index: {
            type: "object",
            properties: { state: { enum: ["indexing", "ready", "absent", "failed"] }, done: { type: "integer" } },
            required: ["state", "done"],
          },
        },
        required: ["status", "version", "index"],
      }),
    },
  },
};

/** The whole REST API of this version, from the registry. */
export function openApi(version: string): ApiDocument {
  const paths: Record<string, Record<string, ApiOperation>> = { "/healthz": { get: HEALTH } };
  const schemas: Record<string, object> = { Error: ERROR };
  for (const route of ROUTES) {
    const path = documentedPath(route);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationFor(route) };
    schemas[outputName(route)] = outputSchema(route);
  }
  const statuses = ERROR_CODES.map((code) => `${code} ${STATUS[code]}`).join(", ");
  return {
    openapi: "3.1.0",
    info: {
      title: "git-memory",
      version,
      description:
        "Shared, reviewable memory for coding agents, kept as Markdown in git. MCP is served at /mcp (Streamable HTTP).",
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas,
      responses: { Error: { description: `Refused: ${statuses}`, content: json(reference("schemas", "Error")) } },
    },
  };
}
