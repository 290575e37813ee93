import * as z from "zod";
import { type NamedRoute, ROUTES } from "../../operations/routes.js";
import { type Parameter, parametersOf } from "../parameters.js";
import { BASE } from "./rest.js";

/** JSON Schema of an object. */
interface ObjectSchema {
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
  readonly [keyword: string]: unknown;
}

/** One parameter of a path, query or header. */
export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: true;
  readonly description?: string;
  readonly schema?: object;
  readonly content?: object;
}

/** What one method of a path takes and answers. */
export interface ApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly ApiParameter[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): ObjectSchema {
  const { $schema: _dialect, properties = {}, required = [], ...rest } = z.toJSONSchema(schema, { io });
  return { ...rest, properties: properties as Record<string, object>, required };
}

/** A list without members says nothing. */
const withRequired = ({ required, ...schema }: ObjectSchema): object => ({
  ...schema,
  ...(required.length === 0 ? {} : { required }),
});

const shapeOf = (path: string): string => path.replace(/\{\w+\}/g, "{}");
const fieldsIn = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, field = ""]) => field);

const listOf = ({ operation }: NamedRoute, field: string): Parameter | undefined =>
  parametersOf(operation).find((one) => one.field === field && one.type === "list");

/** The path as the document names it: routes that differ only in a segment's name share one, as OpenAPI wants it. */
export function documentedPath(route: NamedRoute): string {
  const alike = ROUTES.filter(({ path }) => shapeOf(path) === shapeOf(route.path));
  // A segment holds one value, so that a field which is no list has the better name for it.
  const best = alike.find((one) => fieldsIn(one.path).every((field) => !listOf(one, field))) ?? route;
  return BASE + best.path;
}

const JSON_TYPE = "application/json";
/** Content that is JSON of a schema. */
export const json = (schema: object): object => ({ [JSON_TYPE]: { schema } });
/** A pointer to a component. */
export const reference = (kind: string, name: string): object => ({ $ref: `#/components/${kind}/${name}` });
const pascal = (name: string): string => name.replace(/(?:^|_)(\w)/g, (_all, letter: string) => letter.toUpperCase());
/** The component that is the schema of what a route answers; routes of one operation share it. */
export const outputName = ({ operation: { area, action } }: NamedRoute): string =>
  `${pascal(action ? `${area}_${action}` : area)}Output`;

/** The schema of what a route answers. */
export const outputSchema = ({ operation }: NamedRoute): object => withRequired(schemaOf(operation.output, "output"));

const TAG = '"8846e113dd2a5d048db3b2644c365603575269b0"';
const HEADERS = {
  ifMatch: {
    name: "If-Match",
    in: "header",
    description: "The version that has to be current, in quotes, as ETag gave it; * = the entry has to exist. Else 412",
    schema: { type: "string", examples: [TAG] },
  },
  ifNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "An ETag that is known already: answered with 304 when it still holds",
    schema: { type: "string", examples: [TAG] },
  },
  agent: {
    name: "X-Memory-Agent",
    in: "header",
    description: "Who writes, for the history",
    schema: { type: "string", maxLength: 200 },
  },
  session: {
    name: "X-Memory-Session",
    in: "header",
    description: "The session that writes, for the history",
    schema: { type: "string", maxLength: 200 },
  },
} as const;

function queryParameter(parameter: Parameter, schema: object, required: boolean): ApiParameter {
  const { field, type, choices } = parameter;
  const commas = type === "list" && choices ? "; repeated, or with commas" : type === "list" ? "; repeated" : "";
  const shape = type === "json" || type === "json-list" ? { content: json(schema) } : { schema };
  const description = (parameter.description + commas).replace(/^; /, "");
  return {
    name: field,
    in: "query",
    ...(required ? { required: true as const } : {}),
    ...(description === "" ? {} : { description }),
    ...shape,
  };
}

function parametersFor(route: NamedRoute, input: ObjectSchema): ApiParameter[] {
  const { operation, method, path } = route;
  const names = fieldsIn(documentedPath(route));
  const own = fieldsIn(path);
  const inPath = own.map((field, at): ApiParameter => {
    const list = listOf(route, field);
    const { description, ...schema } = (input.properties[field] ?? {}) as { description?: string; items?: object };
    return {
      name: names[at] ?? field,
      in: "path",
      required: true,
      description: `${list?.description || description || field}; one segment, / as %2F`,
      schema: list ? (schema.items ?? {}) : schema,
    };
  });
  const asQuery = method === "GET" || method === "DELETE";
  const inQuery = parametersOf(operation)
    .filter(({ field }) => asQuery && !own.includes(field))
    .map((one) => queryParameter(one, input.properties[one.field] ?? {}, one.required));
  const headers: ApiParameter[] = [
    ...("base_version" in operation.input.shape ? [HEADERS.ifMatch] : []),
    ...(method === "GET" && operation.versionOf ? [HEADERS.ifNoneMatch] : []),
    ...(operation.effect === "read" ? [] : [HEADERS.agent, HEADERS.session]),
  ];
  return [...inPath, ...inQuery, ...headers];
}

function bodyFor({ method, path }: NamedRoute, input: ObjectSchema): object | undefined {
  if (method === "GET" || method === "DELETE") return undefined;
  const own = fieldsIn(path);
  const properties = Object.fromEntries(Object.entries(input.properties).filter(([field]) => !own.includes(field)));
  if (Object.keys(properties).length === 0) return undefined;
  const required = input.required.filter((field) => !own.includes(field));
  return {
    ...(required.length === 0 ? {} : { required: true }),
    content: json(withRequired({ ...input, properties, required })),
  };
}

function responsesFor(route: NamedRoute): Record<string, object> {
  const { status = 200, method, operation } = route;
  const etag = { ETag: { description: "The entry's version, in quotes", schema: { type: "string", examples: [TAG] } } };
  const location = { Location: { description: "Where the entry is", schema: { type: "string" } } };
  const versioned = operation.versionOf;
  const headers = { ...(versioned ? etag : {}), ...(status === 201 ? location : {}) };
  return {
    [status]: {
      description: operation.title,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      content: json(reference("schemas", outputName(route))),
    },
    ...(versioned && method === "GET" ? { 304: { description: "If-None-Match still holds", headers: etag } } : {}),
    default: reference("responses", "Error"),
  };
}

/** What the document says of a route. */
export function operationFor(route: NamedRoute): ApiOperation {
  const { operation, name } = route;
  const input = schemaOf(operation.input, "input");
  const parameters = parametersFor(route, input);
  const requestBody = bodyFor(route, input);
  return {
    operationId: name,
    summary: operation.title,
    description: operation.description,
    tags: [operation.area],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: responsesFor(route),
  };
}
