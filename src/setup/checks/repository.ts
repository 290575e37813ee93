import path from "node:path";
import { inCi } from "../../config/in-ci.js";
import { MANIFEST_FILE } from "../../entry/manifest.js";
import type { Repository } from "../../git/discover.js";
import type { GitBinary } from "../../git/git-binary.js";
import { readIfThere, writeAtomic } from "../../git/git-fs.js";
import { signsCommits } from "../../git/identity.js";
import { isIgnored } from "../../git/setup.js";
import type { Store } from "../../store/store.js";
import { mergeDriverState, setMergeDriver } from "../merge-driver.js";
import { completeAttributes, missingAttributes } from "../store-attributes.js";
import { type Facts, type Finding, ok, problem, warning } from "./finding.js";

/** What git says of a file's attributes where ours apply (git-check-attr). */
const EFFECTIVE: Readonly<Record<string, readonly string[]>> = {
  text: ["unset"],
  ident: ["unset"],
  filter: ["unset"],
  "working-tree-encoding": ["unspecified", "unset"],
  merge: ["git-memory"],
};

async function overridden(top: string, file: string, git: GitBinary): Promise<string[]> {
  const args = ["check-attr", "-z", ...Object.keys(EFFECTIVE), "--", file];
  const fields = (await git.run(args, { cwd: top })).stdout.toString("utf8").split("\0");
  const wrong: string[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3)
    if (!EFFECTIVE[fields[at + 1]!]?.includes(fields[at + 2]!)) wrong.push(`${fields[at + 1]}: ${fields[at + 2]}`);
  return wrong;
}

async function checkAttributes(store: Store, top: string | undefined, git: GitBinary | undefined): Promise<Finding> {
  const file = path.join(store.root, ".gitattributes");
  const text = (await readIfThere(file))?.toString("utf8");
  const missing = missingAttributes(text);
  if (missing.length > 0)
    return problem(
      "attributes",
      `${text === undefined ? "The store has no .gitattributes" : `The store's .gitattributes lacks ${missing.join(" and ")}`}, so git may change bytes or merge files as plain text.`,
      "--fix adds the lines",
      async () => {
        await writeAtomic(file, completeAttributes(text));
        return "added the lines that .gitattributes lacked";
      },
    );
  const memory = path.posix.join(store.relativeRoot, "memories/x.md");
  const wrong = top !== undefined && git ? await overridden(top, memory, git) : [];
  if (wrong.length === 0) return ok("attributes", ".gitattributes of the store");
  return problem(
    "attributes",
    `Other attributes win over the store's: ${wrong.join(", ")}.`,
    "look for the lines in .git/info/attributes and in .gitattributes below the store",
  );
}

async function checkDriver(repository: Repository, { git, env }: Facts): Promise<Finding> {
  if (inCi(env)) return ok("merge-driver", "The merge driver is not set up in continuous integration");
  const state = await mergeDriverState(repository, git);
  if (state === "current") return ok("merge-driver", "git merges memories with our driver");
  const message =
    state === "missing"
      ? "git does not know our merge driver, so memories are merged as plain text."
      : "merge.git-memory in .git/config is not what this version writes.";
  if (!git) return warning("merge-driver", message, "install git, then run --fix");
  return problem("merge-driver", message, "--fix writes it", async () => {
    await setMergeDriver(repository, git);
    return "told git how to merge memories (merge.git-memory in .git/config)";
  });
}

const MEANING: readonly (readonly [RegExp, string])[] = [
  [/attributes/, "what git stores may differ from the files"],
  [/sparse/, "files outside the checkout are not seen"],
];

function checkFeatures({ unsupported }: Repository, git: GitBinary | undefined): Finding {
  if (unsupported.length === 0) return ok("repository", "nothing in this repository needs special care");
  const told = unsupported.map((what) => {
    const meaning = MEANING.find(([pattern]) => pattern.test(what))?.[1];
    return meaning ? `${what} (${meaning})` : what;
  });
  const message = `This repository uses ${told.join(", ")}: what git-memory cannot do there by itself goes through the git program`;
  if (git) return warning("repository", `${message}, which is slower.`);
  return problem("repository", `${message}, which is not there: writes stay pending.`, "install git");
}

async function checkSigning(store: Store, repository: Repository, { git, env }: Facts): Promise<Finding[]> {
  if (store.mode !== "each" || !(await signsCommits(repository, git, env))) return [];
  return [
    problem(
      "signing",
      "commit.gpgsign is on and every write should be a commit, which only your own git commit can sign: writes stay pending.",
      "[[admin config_set: commit journal]], or git config commit.gpgsign false in this repository",
    ),
  ];
}

async function checkIgnored(store: Store, top: string, git: GitBinary | undefined): Promise<Finding> {
  const file = path.join(path.relative(top, store.root), MANIFEST_FILE);
  if (!(await isIgnored(top, file, git))) return ok("ignored", "git carries the store");
  const message = `${store.relativeRoot} is git-ignored, so nobody else gets the memories.`;
  return problem("ignored", message, "take it out of .gitignore (or .git/info/exclude)");
}

/** The repository around the store: what it does to our files, and what it allows. */
export async function checkRepository(
  store: Store,
  repository: Repository | undefined,
  facts: Facts,
): Promise<Finding[]> {
  if (!repository)
    return [warning("repository", "The store is not in a git repository: nobody else gets the memories.", "git init")];
  return [
    checkFeatures(repository, facts.git),
    await checkIgnored(store, repository.top, facts.git),
    await checkAttributes(store, repository.top, facts.git),
    await checkDriver(repository, facts),
    ...(await checkSigning(store, repository, facts)),
  ];
}
