import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { SETTINGS } from "../src/config/settings.js";
import { frontMatterSchema } from "../src/entry/entry-schema.js";
import { KINDS } from "../src/entry/kinds.js";
import { MANIFEST } from "../src/entry/manifest.js";

/** A file that is made from the code; `path` is relative to the repository. */
interface Generated {
  readonly path: string;
  readonly make: () => string;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

const GENERATED: readonly Generated[] = [
  ...KINDS.map((kind) => ({
    path: `schema/${kind}.schema.json`,
    make: () => jsonSchema(frontMatterSchema(kind)),
  })),
  {
    path: "schema/manifest.schema.json",
    make: () =>
      jsonSchema(
        MANIFEST.safeExtend(SETTINGS.partial().shape).meta({
          title: "git-memory manifest",
          description: "memory.yaml at the root of a store",
        }),
      ),
  },
];

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
