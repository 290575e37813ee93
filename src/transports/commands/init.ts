import path from "node:path";
import type { Command, ProcessCommand } from "../cli/cli.js";
import type { Program } from "./program.js";

async function commitNewStore(program: Program, root: string): Promise<void> {
  const memory = await program.openMemory({ root, watch: false });
  try {
    await (await memory.fresh()).commit("memory: begin this store");
  } finally {
    await memory.close();
  }
}

/** `git memory init`. */
export const initCommand = (program: Program): ProcessCommand => ({
  name: "init",
  description: "Make a store: .memory/ in this repository, or with --own a repository of its own",
  configure: (command: Command) => {
    command
      .argument("[dir]", "the folder; this one when absent")
      .option("--own", "a store that is a repository of its own")
      .option("--scope <scope>", "what it stands for: project/NAME, org/NAME or global")
      .option("--commit <mode>", "journal (you commit) or each (every write is a commit)");
  },
  run: async ([dir], options) => {
    const setup = await import("../../setup/init.js");
    const { commit, scope } = options as { commit?: string; scope?: string };
    if (commit !== undefined && commit !== "journal" && commit !== "each") {
      program.err(`${program.shell}: --commit has to be journal or each.\n`);
      return 2;
    }
    const id = await program.newId();
    const result = await setup.init({
      directory: dir ?? program.cwd,
      own: options.own === true,
      ...(scope === undefined ? {} : { scope }),
      ...(commit === undefined ? {} : { commit }),
      git: await program.findGit(),
      env: program.env,
      newId: () => id,
    });
    if (result.kind === "own" && result.made.length > 0) await commitNewStore(program, result.root);
    if (options.json === true) {
      const { root: _root, ...shown } = result;
      program.out(`${JSON.stringify(shown)}\n`);
      return 0;
    }
    const where = path.relative(program.cwd, result.root) || ".";
    const lines =
      result.made.length > 0
        ? [`Made the store ${where} (${result.scope}): ${result.made.join(", ")}`]
        : [`The store ${where} (${result.scope}) is complete already; nothing changed.`];
    const warnings = result.warnings.map((warning) => `Warning: ${warning}`);
    program.out(`${[...lines, ...warnings, "", ...setup.nextSteps(result, program.shell)].join("\n")}\n`);
    return 0;
  },
});
