import { inCi } from "../../config/in-ci.js";
import { speak } from "../../operations/speech.js";
import type { InitResult } from "../../setup/init.js";
import type { Program } from "./program.js";

/** What `init` says of the notes that the person saved while the project had no store; `data` goes into its JSON. */
export interface Told {
  readonly data: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

const NOTHING: Told = { data: {}, lines: [] };

/** Moves the person's own notes on a project into the store that it was just given, or with `dryRun` only counts them. */
export async function moveOwnNotes(program: Program, result: InitResult, dryRun: boolean): Promise<Told> {
  if (result.kind === "own" || !result.made.includes("memory.yaml") || !result.scope.startsWith("project/"))
    return NOTHING;
  if (inCi(program.env)) return NOTHING;
  const [{ dirname }, { personalFolder }, { moveIn, notesOn, ownNotes }] = await Promise.all([
    import("node:path"),
    import("../../store/find-store.js"),
    import("../../setup/move-in.js"),
  ]);
  const notes = await ownNotes(dirname(result.root), personalFolder(program.env, program.home), program.home);
  if (!notes) return NOTHING;
  const memory = await program.openMemory({ root: dryRun ? notes.root : result.root, watch: false });
  try {
    if (dryRun) {
      const { length } = await notesOn(memory, notes.scope);
      return length === 0 ? NOTHING : { data: { would_move: length }, lines: [`Would move ${entries(length)}.`] };
    }
    const { moved, stayed } = await moveIn(memory, notes.scope, program.agent);
    if (stayed !== undefined) {
      const why = speak(stayed, { tools: new Set(), shell: program.shell });
      return { data: { moved, stayed: why }, lines: [`Your own notes on it stay in your own store. ${why}`] };
    }
    if (moved.length === 0) return NOTHING;
    return { data: { moved }, lines: [`Moved ${entries(moved.length)}: ${moved.join(", ")}`] };
  } finally {
    await memory.close();
  }
}

const entries = (count: number): string =>
  `${count === 1 ? "an entry" : `${count} entries`} that you had kept for yourself into it`;
