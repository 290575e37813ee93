import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";

const built = new Map<string, string>();

/** The file to run of one of the processes beside this one, as one script: compiling it at every start takes a second. */
export function processProgram(
  name: "move-process" | "update-process" | "workspace-process" | "writer-process",
): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  const outfile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "git-memory-")), `${name}.mjs`);
  buildSync({
    entryPoints: [path.join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    logLevel: "error",
    // As in build.mjs.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  built.set(name, outfile);
  return outfile;
}
