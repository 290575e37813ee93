import path from "node:path";
import { MemoryError } from "../../errors.js";
import type { Program } from "./program.js";

interface CiTask {
  /** A folder of the repository whose top takes the workflow. */
  readonly directory: string;
  readonly remove: boolean;
  readonly dryRun: boolean;
}

/** What was done about the workflow, as data and as lines to print. */
interface CiReport {
  readonly data: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  /** 1 when the file had to be left alone. */
  readonly status: number;
}

/** Writes the workflow at the top of the repository, or takes it out. Throws `invalid_input` outside of a repository. */
export async function setUpCi(program: Program, { directory, remove, dryRun }: CiTask): Promise<CiReport> {
  const [{ removeWorkflow, writeWorkflow, workflowLine }, { discover }, { namedStore, STORE_FOLDER }] =
    await Promise.all([
      import("../../setup/workflows.js"),
      import("../../git/discover.js"),
      import("../../store/find-store.js"),
    ]);
  const top = (await discover(path.resolve(directory)))?.top;
  if (top === undefined)
    throw new MemoryError("invalid_input", "--ci needs a git repository. Run `git init`, then this again.", {
      field: "ci",
    });
  const root = await namedStore(top).then(
    (found) => path.relative(top, found.root) || ".",
    // Taken out already, or not made yet.
    () => STORE_FOLDER,
  );
  const place = { top, folder: root, version: program.version };
  const state = await (remove ? removeWorkflow(place, dryRun) : writeWorkflow(place, dryRun));
  return { data: { workflow: state }, lines: [workflowLine(state, dryRun)], status: state === "differs" ? 1 : 0 };
}
