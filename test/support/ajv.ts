import { createRequire } from "node:module";

/** A compiled JSON Schema. */
export interface Validate {
  (value: unknown): boolean;
  readonly errors?: readonly { instancePath: string; message?: string }[] | null;
}
interface Ajv {
  readonly compile: (schema: unknown) => Validate;
  readonly addSchema: (schema: unknown, key: string) => unknown;
}
// The MCP SDK brings ajv along; we do not depend on it ourselves.
const fromSdk = createRequire(createRequire(import.meta.url).resolve("@modelcontextprotocol/sdk/package.json"));

/** The class that compiles schemas of draft 2020-12, which is what OpenAPI 3.1 uses too. */
export const Ajv2020 = (fromSdk("ajv/dist/2020.js") as { default: new (options: Record<string, unknown>) => Ajv })
  .default;
