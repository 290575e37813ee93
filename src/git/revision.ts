import { MemoryError } from "../errors.js";
import type { Host } from "./host.js";
import { resolveRef } from "./refs.js";

/** A name as git lets refs have it (git-check-ref-format), with `~2` or `^` behind it at most. */
const ANCESTRY = /(?:[~^]\d{0,5})*$/;
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$/;
const WHOLE_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const MAX_TAGS = 5;

/** Where git looks for a name that is not a whole one, in its order (gitrevisions). */
const PLACES = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"] as const;

const MAX_LENGTH = 250;
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_./+=,#@-]*(?:~\d{0,5}|\^\d{0,2})*$/u;

/** True for a name or id, and steps back such as `~3` or `^2`: none of git's other forms, and nothing like an option. */
export const isRevision = (text: string): boolean => {
  const name = text.replace(ANCESTRY, "");
  return text.length <= MAX_LENGTH && PLAIN.test(text) && !FORBIDDEN.test(name) && !name.endsWith(".lock");
};

/** The shortest piece of an id that our own search takes. */
const SHORTEST = 7;

/**
 * The commit that a branch, tag, remote branch, `HEAD` or commit id names, `~N` and `^N` behind it followed; undefined =
 * there is no such commit in this clone. `ids` are those that the beginning of an id may name where there is no git
 * program. `invalid_input` for a text that cannot be such a name.
 */
export async function resolveRevision(
  host: Host,
  text: string,
  ids: Iterable<string> = [],
): Promise<string | undefined> {
  const steps = ANCESTRY.exec(text)?.[0] ?? "";
  const name = text.slice(0, text.length - steps.length);
  if (name === "" || text.length > 500 || FORBIDDEN.test(name) || name.endsWith(".lock") || name === "@")
    throw new MemoryError(
      "invalid_input",
      "base has to name one commit: a branch, a tag, a remote branch such as origin/main, or a commit id.",
      { field: "base" },
    );
  let commit = await named(host, name, ids);
  for (const [, sign, digits] of steps.matchAll(/([~^])(\d*)/g)) {
    const number = digits === "" ? 1 : Number(digits);
    const parents: readonly number[] = sign === "^" ? (number === 0 ? [] : [number - 1]) : Array(number).fill(0);
    for (const parent of parents)
      commit = commit === undefined ? undefined : (await host.objects.commit(commit))?.parents[parent];
  }
  return commit !== undefined && (await host.objects.commit(commit)) ? commit : undefined;
}

async function named(host: Host, name: string, ids: Iterable<string>): Promise<string | undefined> {
  if (name === "HEAD") return (await host.head()).commit;
  const { commonDir, top, unsupported } = host.repository;
  if (unsupported.some((what) => what.startsWith("a ref storage"))) return askGit(host, name, top);
  const candidates = [
    ...(name.startsWith("refs/") ? [name] : []),
    ...PLACES.map((place) => place + name),
    `refs/remotes/${name}/HEAD`,
  ];
  for (const ref of candidates) {
    const oid = await resolveRef(commonDir, ref);
    if (oid !== undefined) return peeled(host, oid);
  }
  if (WHOLE_ID.test(name)) return peeled(host, name);
  // The beginning of an id, or FETCH_HEAD: only git itself knows all that it takes for a name.
  return host.git ? askGit(host, name, top) : beginning(name.toLowerCase(), ids);
}

function beginning(id: string, ids: Iterable<string>): string | undefined {
  const found = id.length < SHORTEST || !/^[0-9a-f]+$/.test(id) ? [] : [...ids].filter((oid) => oid.startsWith(id));
  return found.length === 1 ? found[0] : undefined;
}

async function peeled(host: Host, oid: string): Promise<string | undefined> {
  let at = oid;
  for (let depth = 0; depth < MAX_TAGS; depth++) {
    // A tag is asked for first: `git cat-file commit` would look through it.
    const target = await host.objects.tag(at);
    if (target === undefined) return (await host.objects.commit(at)) ? at : undefined;
    at = target;
  }
  return undefined;
}

async function askGit(host: Host, name: string, cwd: string): Promise<string | undefined> {
  const asked = await host.git?.run(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`], {
    cwd,
  });
  const oid = asked?.status === 0 ? asked.stdout.toString("utf8").trim() : "";
  return WHOLE_ID.test(oid) ? oid : undefined;
}
