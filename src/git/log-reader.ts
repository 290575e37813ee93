import type { LoggedChange, LoggedCommit } from "./commit-graph.js";
import { parseSignature } from "./commit-text.js";
import type { GitBinary } from "./git-binary.js";

/**
 * Reads the stream of `git log --pretty=raw --raw -m -z --no-renames --no-abbrev`, whatever its pieces. Between NULs
 * stand: a header whose last line begins the first change, then paths and further changes in turn, then an empty text.
 * Messages are indented, so nothing in them looks like a header or a change. A merge has one section for each parent
 * from which it differs, which its first line names.
 */
export class LogParser {
  readonly #cut: ReadonlySet<string>;
  readonly #done: (commit: LoggedCommit) => void;
  #rest: Buffer[] = [];
  /** What the next text is: a header, a path, or what follows one. */
  #next: "header" | "path" | "change" = "header";
  #meta = "";
  #commit: Omit<LoggedCommit, "changes"> | undefined;
  #changes: LoggedChange[] = [];
  /** Positions of the parents that the section at hand is about. */
  #positions: readonly number[] = [];
  #sections = new Set<string>();

  /** `cut` are the commits at which a shallow clone ends; `done` gets each commit when it is whole. */
  constructor(cut: ReadonlySet<string>, done: (commit: LoggedCommit) => void) {
    this.#cut = cut;
    this.#done = done;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const nul = chunk.indexOf(0, from);
      if (nul < 0) break;
      const piece = chunk.subarray(from, nul);
      this.#text(this.#rest.length > 0 ? Buffer.concat([...this.#rest, piece]) : piece);
      this.#rest = [];
      from = nul + 1;
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
  }

  /** The stream is over: what is left is the last header, when that changed nothing. */
  end(): void {
    if (this.#rest.length > 0) this.#text(Buffer.concat(this.#rest));
    this.#rest = [];
    this.#flush();
  }

  #text(bytes: Buffer): void {
    if (this.#next === "path") {
      this.#change(bytes.toString("utf8"));
      this.#next = "change";
    } else if (bytes.length === 0) this.#next = "header";
    else if (this.#next === "change") this.#begin(bytes.toString("latin1"));
    else this.#header(bytes.toString("utf8"));
  }

  #begin(meta: string): void {
    this.#meta = meta;
    this.#next = meta.startsWith(":") ? "path" : "header";
  }

  #header(text: string): void {
    const end = text.indexOf("\n");
    const [, oid = "", , from] = /^commit ([0-9a-f]+)( \(from ([0-9a-f]+)\))?$/.exec(text.slice(0, end)) ?? [];
    if (oid === "") return;
    if (oid !== this.#commit?.oid) {
      this.#flush();
      const blank = text.indexOf("\n\n");
      const lines = (blank < 0 ? text : text.slice(0, blank)).split("\n");
      const values = (name: string) =>
        lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length));
      const cut = this.#cut.has(oid);
      this.#commit = {
        oid,
        parents: cut ? [] : values("parent "),
        seconds: parseSignature(values("committer ")[0] ?? "").seconds,
        author: parseSignature(values("author ")[0] ?? "").name,
        ...(cut ? { cut } : {}),
      };
    }
    const { parents } = this.#commit;
    // A parent named twice has one section for each time, all the same.
    const again = from !== undefined && this.#sections.has(from);
    this.#positions = again ? [] : from === undefined ? [0] : parents.flatMap((one, at) => (one === from ? [at] : []));
    if (from !== undefined) this.#sections.add(from);
    this.#begin(text.slice(text.lastIndexOf("\n") + 1));
  }

  #change(path: string): void {
    const [, , before = "", after = ""] = this.#meta.split(" ");
    const blob = (id: string) => (/^0+$/.test(id) ? null : id);
    for (const parent of this.#positions)
      this.#changes.push({ path, parent, before: blob(before), after: blob(after) });
  }

  #flush(): void {
    if (this.#commit) this.#done({ ...this.#commit, changes: this.#changes });
    this.#commit = undefined;
    this.#changes = [];
    this.#sections = new Set();
  }
}

/** A person's settings must not change what is printed. */
const CONFIG = ["log.showRoot=true", "log.diffMerges=separate", "log.follow=false", "diff.relative=false"];
const FORMAT = ["--pretty=raw", "--raw", "-m", "-z", "--no-renames", "--no-abbrev", "--no-abbrev-commit", "--no-color"];
const PLAIN = ["--no-decorate", "--no-notes", "--no-mailmap", "--no-show-signature", "--encoding=UTF-8"];
const LOG_MS = 600_000;

/**
 * Has git tell every commit that `starts` lead to and `known` do not, newest first. Replaced and grafted commits are
 * told as they are. Ids that are not there are passed over. Throws GitFailed.
 */
export async function readLog(
  git: GitBinary,
  cwd: string,
  { starts, known, cut }: { starts: readonly string[]; known: readonly string[]; cut: ReadonlySet<string> },
  done: (commit: LoggedCommit) => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = new LogParser(cut, done);
  const config = CONFIG.flatMap((setting) => ["-c", setting]);
  const args = ["--no-replace-objects", ...config, "log", "--ignore-missing", "--stdin", ...FORMAT, ...PLAIN];
  const input = `${[...starts, ...known.map((oid) => `^${oid}`)].join("\n")}\n`;
  const env = { GIT_GRAFT_FILE: "/dev/null" };
  await git.stream(args, { cwd, input, env, timeout: LOG_MS, signal }, (chunk) => parser.push(chunk));
  if (!signal.aborted) parser.end();
}
