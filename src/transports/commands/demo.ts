import type { ProcessCommand } from "../cli/cli.js";
import type { Program } from "./program.js";

/** `git memory demo`. */
export const demoCommand = (program: Program): ProcessCommand => ({
  name: "demo",
  description: "Show the main job on a throwaway repository",
  configure: () => undefined,
  run: async () => {
    const [{ demo }, setup] = await Promise.all([import("../../setup/demo.js"), import("../../setup/init.js")]);
    const git = await program.findGit();
    const id = await program.newId();
    await demo({
      git,
      print: (line) => program.out(`${line}\n`),
      shell: program.shell,
      init: async (directory) => {
        await setup.init({ directory, own: false, git, env: program.env, newId: () => id });
      },
      open: (directory) => program.openMemory({ root: directory, watch: false }),
    });
    return 0;
  },
});
