import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { SETTINGS } from "../src/config/settings.js";
import { DOCUMENT_LEVELS } from "../src/entry/document.js";
import { frontMatterSchema } from "../src/entry/entry-schema.js";
import { KINDS } from "../src/entry/kinds.js";
import { MANIFEST } from "../src/entry/manifest.js";
import { STORES } from "../src/entry/named-stores.js";
import { PERSON } from "../src/entry/person.js";
import { TAGS } from "../src/entry/tag-file.js";
import { OPERATIONS } from "../src/operations/registry.js";
import { openApi } from "../src/transports/http/openapi.js";
import { VERSION } from "../src/version.js";
import { olderModelsTable } from "./older-models-table.js";
import { toolsTable } from "./tools-table.js";

/** A file that is made from the code; `path` is relative to the repository. */
interface Generated {
  readonly path: string;
  readonly make: () => string;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

const GENERATED: readonly Generated[] = [
  ...[...KINDS, ...DOCUMENT_LEVELS].map((kind) => ({
    path: `schema/${kind}.schema.json`,
    make: () => jsonSchema(frontMatterSchema(kind)),
  })),
  {
    path: "schema/manifest.schema.json",
    make: () =>
      jsonSchema(
        MANIFEST.safeExtend({
          ...SETTINGS.partial().shape,
          person: PERSON.optional(),
          stores: STORES.optional(),
        }).meta({
          title: "git-memory manifest",
          description: "memory.yaml at the root of a store",
        }),
      ),
  },
  { path: "schema/tags.schema.json", make: () => jsonSchema(TAGS) },
  { path: "schema/operations.schema.json", make: operationSchemas },
  { path: "schema/openapi.json", make: () => `${JSON.stringify(openApi(VERSION), null, 2)}\n` },
  between("README.md", "tools", toolsTable),
  between("README.md", "older models", olderModelsTable),
];

/** Input and output of every operation, by the command's name. */
function operationSchemas(): string {
  const of = (schema: z.ZodType, io: "input" | "output") => {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
    return rest;
  };
  const entries = OPERATIONS.map(({ area, action, input, output }) => [
    action ? `${area}.${action}` : area,
    { input: of(input, "input"), output: of(output, "output") },
  ]);
  return `${JSON.stringify({ title: "git-memory operations", operations: Object.fromEntries(entries) }, null, 2)}\n`;
}

/** A file of which only the part between two marks is made. */
function between(path: string, name: string, make: () => string): Generated {
  const [open, close] = [`<!-- ${name}: generated -->`, `<!-- /${name} -->`];
  return {
    path,
    make: () => {
      const text = current(path) ?? "";
      const [start, end] = [text.indexOf(open), text.indexOf(close)];
      if (start < 0 || end < start) throw new Error(`${path} has no marks for ${name}`);
      return `${text.slice(0, start + open.length)}\n${make()}\n${text.slice(end)}`;
    },
  };
}

function jsonSchema(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`;
}

function current(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const stale = GENERATED.filter(({ path, make }) => current(path) !== make());
if (process.argv.includes("--check")) {
  for (const { path } of stale) process.stderr.write(`${path} is stale: run npm run generate\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const { path, make } of stale) writeFileSync(join(ROOT, path), make());
}
