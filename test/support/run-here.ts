import fs from "node:fs";
import { runCli } from "../../src/transports/cli/cli.js";
import type { Ran } from "./program.js";
import { openWorkspace } from "./workspaces.js";

/** Runs a command line that is an operation as `run` does, but in this process: without the program's start, over stores opened for it alone. */
export async function runHere(cwd: string, home: string, argv: readonly string[]): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  const status = await runCli(argv, {
    terminal: {
      out: (more) => {
        stdout += more;
      },
      err: (more) => {
        stderr += more;
      },
      colour: false,
      live: false,
      stdin: async () => "",
      readFile: (file) => fs.promises.readFile(file, "utf8"),
      shell: "git memory",
      version: "0",
    },
    openMemory: async () => {
      const memory = await openWorkspace(cwd, home);
      await memory.fresh().catch(() => undefined);
      return memory;
    },
    caller: () => ({}),
    commands: [],
    log: (message, cause) => {
      throw new Error(message, { cause });
    },
  });
  return { status, stdout, stderr };
}
