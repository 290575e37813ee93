import { MemoryError } from "../../errors.js";
import type { Program } from "./program.js";

/** The first commit of a store that is a repository of its own: what makes it one. */
export async function commitNewStore(program: Pick<Program, "openMemory">, root: string): Promise<void> {
  const memory = await program.openMemory({ root, watch: false });
  try {
    await (await memory.fresh()).commit("memory: begin this store");
  } finally {
    await memory.close();
  }
}

/** Makes the person's own store because something is saved to it: that goes on where git does not know yet who commits. */
export async function makePersonalFor(program: Program, folder: string): Promise<void> {
  const { makePersonalStore } = await import("../../setup/init.js");
  const { made } = await makePersonalStore(folder, await program.findGit(), program.env);
  if (!made.includes("memory.yaml")) return;
  await commitNewStore(program, folder).catch((error: unknown) => {
    if (!(error instanceof MemoryError && error.code === "conflict")) throw error;
  });
}
