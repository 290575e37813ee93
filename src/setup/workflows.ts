import fs from "node:fs/promises";
import path from "node:path";
import { MemoryError } from "../errors.js";
import { readIfThere } from "../git/git-fs.js";

/** Where the workflow lies in a repository. */
export const WORKFLOW_FILE = ".github/workflows/memory.yml";

/** What became of the workflow file; one that differs is a person's and left alone. */
type WorkflowState = "made" | "complete" | "removed" | "absent" | "differs";

/** Where a store is in its repository (`.` when they are one), and the version of the program that is to check it. */
export interface WorkflowPlace {
  /** Top of the work tree, absolute and real. */
  readonly top: string;
  readonly folder: string;
  readonly version: string;
}

/** The workflow that checks the store of every pull request, with what it changes in the summary. */
function workflow({ folder, version }: WorkflowPlace): string {
  const program = `npx -y git-memory@${version.split(".")[0]}`;
  const paths = folder === "." ? "" : `\n    paths:\n      - "${folder}/**"`;
  return `# Checks the shared memory of agents in every pull request that changes it; made by \`git memory init --ci github\`.
name: memory

on:
  pull_request:${paths}

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-latest
    env:
      BASE: origin/\${{ github.base_ref }}
    steps:
      - uses: actions/checkout@v4
        with:
          # The commit at which the branch began has to be there.
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - name: Check the memory that this changes
        run: ${program} check --base "$BASE" --format github
      - name: Tell what it changes
        if: always()
        run: ${program} check --base "$BASE" --format markdown >> "$GITHUB_STEP_SUMMARY" || true
`;
}

const existing = async ({ top }: WorkflowPlace): Promise<string | undefined> =>
  (await readIfThere(path.join(top, WORKFLOW_FILE)))?.toString("utf8");

/** Writes the workflow where there is none; with `dryRun` only says so. Throws `forbidden` where its folder is a link that leaves the repository. */
export async function writeWorkflow(place: WorkflowPlace, dryRun = false): Promise<WorkflowState> {
  const there = await existing(place);
  if (there !== undefined) return there === workflow(place) ? "complete" : "differs";
  if (dryRun) return "made";
  const folder = path.join(place.top, path.dirname(WORKFLOW_FILE));
  await fs.mkdir(folder, { recursive: true });
  const real = await fs.realpath(folder);
  if (!real.startsWith(place.top + path.sep))
    throw new MemoryError(
      "forbidden",
      `${path.dirname(WORKFLOW_FILE)} is a link that leaves the repository, so no workflow was written there.`,
    );
  await fs.writeFile(path.join(real, path.basename(WORKFLOW_FILE)), workflow(place), { flag: "wx" });
  return "made";
}

/** Removes the workflow when it is as `writeWorkflow` made it, with this version of the program. */
export async function removeWorkflow(place: WorkflowPlace, dryRun = false): Promise<WorkflowState> {
  const there = await existing(place);
  if (there === undefined) return "absent";
  if (there !== workflow(place)) return "differs";
  if (!dryRun) await fs.rm(path.join(place.top, WORKFLOW_FILE));
  return "removed";
}

/** What became of the workflow, as a line to print. */
export function workflowLine(state: WorkflowState, dryRun: boolean): string {
  const lines: Readonly<Record<WorkflowState, string>> = {
    made: `${dryRun ? "Would make" : "Made"} ${WORKFLOW_FILE}: pull requests that change the store are checked once it is committed`,
    complete: `${WORKFLOW_FILE} is there already; nothing changed`,
    removed: `${dryRun ? "Would remove" : "Removed"} ${WORKFLOW_FILE}`,
    absent: `There is no ${WORKFLOW_FILE}`,
    differs: `${WORKFLOW_FILE} is not as it would be made, so it was left alone; remove it to have it made anew`,
  };
  return lines[state];
}
