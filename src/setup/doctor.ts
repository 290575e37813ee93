import { MemoryError } from "../errors.js";
import { discover } from "../git/discover.js";
import { GitFailed } from "../git/git-binary.js";
import type { Memory } from "../memory/memory.js";
import type { Check, Facts, Finding } from "./checks/finding.js";
import { ok, problem } from "./checks/finding.js";
import { checkHosts } from "./checks/hosts.js";
import { checkLeftovers } from "./checks/leftovers.js";
import { checkPrograms } from "./checks/programs.js";
import { checkRepository } from "./checks/repository.js";
import { checkWatches } from "./checks/watches.js";
import { LeftAlone } from "./drafted-files.js";
import { topOf } from "./project-top.js";

export type { Check, Facts };

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** What `--fix` did, and what it could not do. */
  readonly fixed: readonly string[];
}

async function checkStore(memory: Memory, facts: Facts): Promise<{ findings: Finding[]; root?: string }> {
  try {
    const store = await memory.fresh();
    const repository = await discover(store.root);
    return {
      root: store.root,
      findings: [
        ok("store", `The store ${store.relativeRoot} stands for ${memory.scope}`),
        ...(await checkRepository(store, repository, facts)),
        ...(await checkLeftovers(memory, store, repository)),
        ...(await checkWatches(store.root, facts.limits)),
      ],
    };
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    return { findings: [problem("store", error.message)] };
  }
}

async function examine(memory: Memory, facts: Facts): Promise<Finding[]> {
  const { findings, root } = await checkStore(memory, facts);
  const top = await topOf(root ?? facts.directory);
  return [...(await checkPrograms(facts)), ...findings, ...(await checkHosts(top, facts))];
}

/** What a mend can fail with without anything being wrong with us. */
const expected = (error: unknown): error is Error =>
  error instanceof MemoryError || error instanceof GitFailed || error instanceof LeftAlone;

async function mendAll(findings: readonly Finding[]): Promise<string[]> {
  const done: string[] = [];
  for (const mend of new Set(findings.flatMap((finding) => finding.mend ?? [])))
    done.push(
      await mend().catch((error: unknown) => {
        if (!expected(error)) throw error;
        return `could not: ${error instanceof LeftAlone ? `${error.file}: ` : ""}${error.message}`;
      }),
    );
  return done;
}

const shown = ({ mend: _mend, ...check }: Finding): Check => check;

/** Looks at everything that has to be right for memories to work here; with `fix` mends what is mechanical and looks again. */
export async function doctor(facts: Facts, fix: boolean): Promise<Diagnosis> {
  const look = async (mending: boolean): Promise<{ findings: Finding[]; fixed: string[] }> => {
    const memory = await facts.openMemory();
    try {
      const findings = await examine(memory, facts);
      return { findings, fixed: mending ? await mendAll(findings) : [] };
    } finally {
      await memory.close();
    }
  };
  const { findings, fixed } = await look(fix);
  const { findings: after } = fixed.length > 0 ? await look(false) : { findings };
  return { checks: after.map(shown), fixed };
}
