import fs from "node:fs/promises";
import path from "node:path";
import { inCi } from "../config/in-ci.js";
import { formatManifest, MANIFEST_FILE, parseManifest } from "../entry/manifest.js";
import { editEntry } from "../entry/markdown.js";
import { formatScope, parseScope, projectNamed, type Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { discover, type Repository, repositoryAt } from "../git/discover.js";
import { type Environment, type GitBinary, GitFailed } from "../git/git-binary.js";
import { createExclusive, readIfThere } from "../git/git-fs.js";
import { signsCommits } from "../git/identity.js";
import { isIgnored, makeRepository, remoteName } from "../git/setup.js";
import { STORE_FOLDER } from "../store/find-store.js";
import { setMergeDriver } from "./merge-driver.js";
import { STARTER } from "./starter.js";
import { STORE_ATTRIBUTES } from "./store-attributes.js";

export interface InitInput {
  /** Where the command was typed, or the folder of an own store. */
  readonly directory: string;
  readonly own: boolean;
  /** The person's own store: nothing in it is about one project, and `private/` is not git's. */
  readonly personal?: boolean;
  readonly scope?: string;
  readonly commit?: "journal" | "each";
  readonly git: GitBinary | undefined;
  readonly env: Environment;
  readonly newId: () => string;
  /** Tell only; not together with `own`. */
  readonly dryRun?: boolean;
}

export interface InitResult {
  readonly root: string;
  /** What the new store is to its surroundings. */
  readonly kind: "checked-in" | "own" | "plain";
  readonly scope: string;
  /** Store paths that were made; none when everything was there. */
  readonly made: readonly string[];
  /** True when git's configuration of the repository was given our merge driver. */
  readonly mergeDriver: boolean;
  readonly warnings: readonly string[];
}

const PLAIN_IGNORE = "*\n";
const PERSONAL_IGNORE = "private/\n";

function askedScope(text: string): Scope {
  const scope = parseScope(text);
  if (scope.level !== "session") return scope;
  throw new MemoryError("invalid_input", "A store stands for a project, an org or global, not for a session.", {
    field: "scope",
  });
}

/** The real path of the folder, or of the nearest one above it that is there. */
async function nearest(directory: string): Promise<string> {
  const real = await fs.realpath(directory).catch(() => undefined);
  return real ?? nearest(path.dirname(directory));
}

type Put = (file: string, content: string | Uint8Array) => Promise<void>;

/** Makes the files of a store that are not there, each whole or not at all, and lists them; `dry` lists only. */
const puts =
  (root: string, made: string[], dry: boolean): Put =>
  async (file, content) => {
    const target = path.join(root, file);
    const missing = dry ? (await readIfThere(target)) === undefined : await createExclusive(target, content);
    if (missing) made.push(file);
  };

/** Whether git's configuration was changed, or why it could not be. */
async function tellGit(repository: Repository, git: GitBinary): Promise<boolean | string> {
  return setMergeDriver(repository, git).catch((error: unknown) => {
    if (!(error instanceof GitFailed)) throw error;
    return `git could not be told how to merge memories (${error.message}). [[doctor: --fix]] tries again.`;
  });
}

/** Makes a store, or completes the one that is there; doing it twice changes nothing. */
export async function init(input: InitInput): Promise<InitResult> {
  const directory = path.resolve(input.directory);
  // Whatever is refused is refused before anything is made.
  const asked = input.scope === undefined ? undefined : askedScope(input.scope);
  const there = await fs.stat(directory).catch(() => undefined);
  if (!input.own && !there?.isDirectory())
    throw new MemoryError("invalid_input", `There is no folder ${path.basename(directory)}.`, { field: "dir" });
  const found = await discover(await nearest(directory));
  if (input.own && found && found.top !== (await fs.realpath(directory).catch(() => undefined)))
    throw new MemoryError(
      "conflict",
      `${path.basename(directory)} lies inside another repository, and a store of its own needs its own. Choose a folder outside it, or run [[init]] there for a checked-in store.`,
    );
  const made: string[] = [];
  await fs.mkdir(directory, { recursive: true });
  const real = await fs.realpath(directory);
  if (input.own && !found) {
    await makeRepository(real, input.git);
    made.push(".git");
  }
  const repository = input.own ? await repositoryAt(real) : found;
  const mode = input.commit ?? (input.own ? "each" : "journal");
  if (mode === "each" && repository && (await signsCommits(repository, input.git, input.env)))
    throw new MemoryError(
      "forbidden",
      "commit.gpgsign is on here, and commits made by git-memory cannot be signed. Use --commit journal: then your own commits carry the entries.",
    );
  const top = repository?.top ?? real;
  const root = input.own ? top : path.join(top, STORE_FOLDER);
  const dry = input.dryRun === true;
  const put = puts(root, made, dry);
  const existing = await readIfThere(path.join(root, MANIFEST_FILE));
  const name = (!input.own && repository && (await remoteName(repository))) || path.basename(top);
  const scope = existing ? parseManifest(existing).root : (asked ?? projectNamed(name));
  const usual = input.own ? "each" : "journal";
  await put(".gitattributes", STORE_ATTRIBUTES);
  if (!repository) await put(".state/.gitignore", PLAIN_IGNORE);
  if (input.personal) await put(".gitignore", PERSONAL_IGNORE);
  if (!existing && !input.personal) {
    const at = { kind: "guideline" as const, scope: formatScope(scope), name: STARTER.name };
    const set = { id: input.newId(), title: STARTER.title, category: "behavior", tags: ["memory"] };
    await put(`guidelines/${STARTER.name}.md`, editEntry(null, { set, content: STARTER.content }, at));
  }
  // Last: with it the store is one, and what was begun before is completed by whoever comes next.
  await put(MANIFEST_FILE, formatManifest({ root: scope, ...(mode === usual ? {} : { commit: mode }) }));
  const driven = repository && !dry && !inCi(input.env) ? input.git : undefined;
  const driver = driven ? await tellGit(repository!, driven) : false;
  const kind = input.own ? "own" : repository ? "checked-in" : "plain";
  return {
    root,
    kind,
    scope: formatScope(scope),
    made,
    mergeDriver: driver === true,
    warnings: [
      ...ignored(input, existing),
      ...(typeof driver === "string" ? [driver] : []),
      ...(await warnings(root, kind, repository?.top, input.git)),
    ],
  };
}

/** Makes the person's own store in a folder: a repository of its own that stands for `global`. */
export async function makePersonalStore(
  directory: string,
  git: GitBinary | undefined,
  env: Environment,
  asked: Pick<InitInput, "commit"> = {},
): Promise<InitResult> {
  const input = { directory, own: true, personal: true, scope: "global", git, env, newId: () => "" };
  return init({ ...input, ...asked }).catch((error: unknown) => {
    // Where nobody asked for a commit each and commits have to be signed, they are left to the person.
    if (asked.commit !== undefined || !(error instanceof MemoryError && error.code === "forbidden")) throw error;
    return init({ ...input, commit: "journal" });
  });
}

function ignored({ commit, scope }: InitInput, existing: unknown): string[] {
  if (existing === undefined || (commit ?? scope) === undefined) return [];
  return [
    `The store was there already, so --scope and --commit changed nothing. Settings are changed in ${MANIFEST_FILE}.`,
  ];
}

async function warnings(
  root: string,
  kind: InitResult["kind"],
  top: string | undefined,
  git: GitBinary | undefined,
): Promise<string[]> {
  if (kind === "plain" || top === undefined)
    return [
      "This folder is not in a git repository: entries have versions here, but nobody else gets them. `git init` changes that.",
    ];
  const relative = path.relative(top, root) || ".";
  const merges = git
    ? []
    : ["git was not found, so it was not told how to merge memories. With git there, [[doctor: --fix]] does that."];
  if (!(await isIgnored(top, path.join(relative, MANIFEST_FILE), git))) return merges;
  return [
    ...merges,
    `${relative} is git-ignored, so git will not carry the entries. Take it out of .gitignore (or .git/info/exclude).`,
  ];
}

/** What a person does next, as lines to print. */
export function nextSteps(result: InitResult, shell: string): string[] {
  const share =
    result.kind === "checked-in"
      ? [`  git add ${STORE_FOLDER} && git commit -m "Add shared memory"   share it with the code`]
      : [];
  return [
    "Next:",
    ...share,
    `  ${shell} save "What we decided" "Why …"        write the first entry`,
    `  ${shell} search "what we decided"              find it again`,
    `  ${shell} mcp                                   what an agent's MCP configuration runs`,
  ];
}
