import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const SUITE = require.resolve("@modelcontextprotocol/conformance/dist/index.js");

// The suite imports globSync from fs, which Node has from version 22 on; it uses it for its client scenarios only.
const HOOKS = `
const SHIM = 'export * from "node:fs"; export const globSync = () => { throw new Error("there is no globSync"); };';
export const resolve = (specifier, context, next) =>
  specifier === "fs" && context.parentURL?.includes("/@modelcontextprotocol/conformance/")
    ? { url: "shim:fs", shortCircuit: true }
    : next(specifier, context);
export const load = (url, context, next) =>
  url === "shim:fs" ? { format: "module", shortCircuit: true, source: SHIM } : next(url, context);
`;
const asModule = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const PRELOAD = asModule(
  `import { register } from "node:module"; register(${JSON.stringify(asModule(HOOKS))}, import.meta.url);`,
);

export interface ConformanceRun {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the protocol's own conformance suite against a server, for the revision that we speak. */
export function conformance(...args: string[]): Promise<ConformanceRun> {
  const child = spawn(process.execPath, ["--import", PRELOAD, SUITE, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
}
