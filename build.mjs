// Bundles the program and the library, with the licences of what is bundled beside them. The program comes in parts, so
// that a start reads only what it needs: an agent's server none of HTTP and none of the command line.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";

// What a snapshot of an index was made by: another text of the program may cut words otherwise.
const sources = fs.readdirSync("src", { recursive: true }).filter((file) => file.endsWith(".ts"));
const fingerprint = createHash("sha256");
for (const file of ["package-lock.json", ...sources.sort().map((name) => path.join("src", name))])
  fingerprint.update(fs.readFileSync(file));

const shared = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  metafile: true,
  legalComments: "none",
  define: { __GIT_MEMORY_BUILD__: JSON.stringify(fingerprint.digest("hex").slice(0, 16)) },
  // They may not be there, and bring files of their own.
  external: ["@lat.md/*", "onnxruntime-node", "@huggingface/transformers"],
  alias: {
    // Its main file loads its parts in a way that no bundler follows.
    "jsonc-parser": "jsonc-parser/lib/esm/main.js",
    "js-yaml": "./build/no-js-yaml.cjs",
  },
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

// git starts the merge driver once for each file: it is one file without parts, which the program loads by itself.
const DRIVER = "merge-driver.js";
const driverApart = {
  name: "merge-driver",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/store\/merge-driver\.js$/ }, () => ({ path: `./parts/${DRIVER}`, external: true })),
};

for (const folder of ["dist/types", "dist/parts"]) fs.rmSync(folder, { recursive: true, force: true });
const results = await Promise.all([
  build({
    ...shared,
    entryPoints: { "git-memory": "src/main.ts", "embedder-worker": "src/search/embedders/worker.ts" },
    outdir: "dist",
    splitting: true,
    chunkNames: "parts/[name]-[hash]",
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [driverApart],
  }),
  build({ ...shared, entryPoints: ["src/store/merge-driver.ts"], outfile: `dist/parts/${DRIVER}`, minify: true }),
  build({ ...shared, entryPoints: ["src/index.ts"], outfile: "dist/index.js" }),
]);
fs.chmodSync("dist/git-memory.js", 0o755);

const packages = new Set();
for (const { metafile } of results)
  for (const input of Object.keys(metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) packages.add(match[1]);
  }
const notices = [...packages].sort().map((name) => {
  const folder = path.join("node_modules", name);
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = fs.readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  const text = file ? fs.readFileSync(path.join(folder, file), "utf8").trim() : `Licence: ${manifest.license}`;
  return `${name} ${manifest.version} (${manifest.license})\n\n${text}`;
});
fs.writeFileSync("dist/THIRD-PARTY-LICENSES.txt", `${notices.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);

const types = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (types.status !== 0) process.exit(types.status ?? 1);
