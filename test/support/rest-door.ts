import type http from "node:http";
import { OPERATIONS } from "../../src/operations/registry.js";
import { ROUTES } from "../../src/operations/routes.js";
import { ask } from "./http.js";
import type { Json } from "./memory.js";
import type { ServeProcess } from "./serve.js";

/** The operation of `save` or `history list`. */
export function findVerb(operation: string) {
  const one = OPERATIONS.find(({ area, action }) => (action ? `${area} ${action}` : area) === operation);
  if (!one) throw new Error(operation);
  return one;
}

/** A value as a path, a query or a command line holds it. */
export const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Calls operations of a server over REST, each by its route, and gives the JSON that it answers. */
export const restDoor =
  ({ port }: ServeProcess, headers: http.OutgoingHttpHeaders = {}) =>
  async (operation: string, input: Json): Promise<Json> => {
    const one = findVerb(operation);
    const segment = (field: string): unknown[] => [input[field] ?? []].flat();
    // A segment of the path holds one value: several go another way.
    const route = ROUTES.find(
      ({ operation: own, path }) =>
        own === one && [...path.matchAll(/\{(\w+)\}/g)].every(([, field = ""]) => segment(field).length === 1),
    );
    if (!route) throw new Error(`no route for ${operation}`);
    const left = new Map(Object.entries(input));
    const path = route.path.replace(/\{(\w+)\}/g, (_hole, field: string) => {
      left.delete(field);
      return encodeURIComponent(asText(segment(field)[0]));
    });
    const inBody = route.method === "POST" || route.method === "PATCH";
    const pairs = [...left].flatMap(([field, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => [field, asText(item)]),
    );
    const query = inBody || pairs.length === 0 ? "" : `?${new URLSearchParams(pairs as [string, string][])}`;
    const body = inBody ? { body: Object.fromEntries(left) } : {};
    const { json } = await ask(port, `/v1${path}${query}`, { method: route.method, headers, ...body });
    return json;
  };
