import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { conflictIdAt } from "../../src/entry/conflict-id.js";
import { blobId } from "../../src/git/objects.js";
import { commit, entry, makeClones, type OpenClone, openClone, textIn } from "./clones.js";
import { type GitHttp, serveGit } from "./git-http.js";
import { faults, GIT_ENV, git, leftovers } from "./repositories.js";

/** Numbers that come in the same order every time (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const TOKEN = "a-token-of-the-test";
const FIELDS = ["category", "topic", "summary"];
/** Words that say which write they are of. */
const MARK = /w\d+x/g;

const filesOf = (dir: string): string[] =>
  fs
    .readdirSync(path.join(dir, "memories"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `memories/${name}`)
    .sort();

class Chaos {
  readonly #pick: (below: number) => number;
  readonly clones: readonly OpenClone[];
  readonly clocks: readonly { at: number }[];
  #writes = 0;
  #ids = 100;
  /** Writes that were acknowledged. */
  readonly acknowledged: string[] = [];

  constructor(clones: readonly OpenClone[], clocks: readonly { at: number }[], pick: (below: number) => number) {
    this.clones = clones;
    this.clocks = clocks;
    this.#pick = pick;
  }

  async round(): Promise<void> {
    for (let count = 1 + this.#pick(3); count > 0; count--) await this.#write(this.#pick(2));
    if (this.#pick(8) === 0) this.#byHand(this.clones[this.#pick(2)]!);
    const { store } = this.clones[this.#pick(2)]!;
    if (this.#pick(2) === 0) await store.sync.pull();
    else await store.sync.push();
  }

  /** A person's commit between two of ours. */
  #byHand({ dir }: OpenClone): void {
    const mark = this.#mark();
    const lines = (textIn(dir, "notes.txt") ?? "").split("\n");
    lines[this.#pick(lines.length)] = `note ${mark}`;
    commit(dir, { "notes.txt": `${lines.join("\n")}\n` });
    this.acknowledged.push(mark);
  }

  #mark(): string {
    return `w${++this.#writes}x`;
  }

  async #write(which: number): Promise<void> {
    const { dir, store } = this.clones[which]!;
    this.clocks[which]!.at += this.#pick(3) * 700;
    const files = filesOf(dir);
    const file = files[this.#pick(files.length)] ?? "";
    const mark = this.#mark();
    const what = file === "" ? "add" : ["edit", "edit", "edit", "rename", "delete", "add", "add"][this.#pick(7)]!;
    let written = true;
    await store.exclusive(async (session) => {
      const text = file === "" ? "" : Buffer.from((await session.read(file))?.bytes ?? "").toString("utf8");
      const fresh = `memories/n${this.#pick(12)}.md`;
      const to = what === "edit" || what === "delete" ? file : fresh;
      const taken = to !== file && (await session.read(to)) !== undefined;
      written = !taken;
      if (taken) return {};
      const record = { op: what, subject: `memory: ${what} ${file}`, entry: to, reason: mark };
      if (what === "delete") return session.write([{ path: file, after: null, op: "deleted" }], record);
      if (what === "rename")
        return session.write(
          [
            { path: to, after: Buffer.from(text), op: "renamed", from: file },
            { path: file, after: null, op: "renamed" },
          ],
          record,
        );
      const after = what === "add" ? entry(this.#ids++, { title: `t ${mark}` }) : this.#edited(text, mark);
      return session.write(
        [{ path: to, after: Buffer.from(after), op: what === "add" ? "created" : "updated" }],
        record,
      );
    });
    if (written) this.acknowledged.push(mark);
  }

  /** The text with a line of its body, a field or a tag changed. */
  #edited(text: string, mark: string): string {
    const [, front = "", body = ""] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(text) ?? [];
    const lines = body.split("\n");
    const choice = this.#pick(4);
    if (choice === 0) {
      const field = FIELDS[this.#pick(FIELDS.length)]!;
      const rest = front.split("\n").filter((line) => line !== "" && !line.startsWith(`${field}:`));
      return `---\n${[...rest, `${field}: ${mark}`].join("\n")}\n---\n${body}`;
    }
    if (choice === 1) {
      const tags = /^tags: \[(.*)\]$/m.exec(front)?.[1]?.split(", ") ?? [];
      const rest = front.split("\n").filter((line) => line !== "" && !line.startsWith("tags:"));
      return `---\n${[...rest, `tags: [${[...tags, mark].slice(-4).join(", ")}]`].join("\n")}\n---\n${body}`;
    }
    if (choice === 2) lines.splice(this.#pick(lines.length) + 1, 0, `line ${mark}`, "");
    else lines[Math.min(1 + this.#pick(lines.length), lines.length - 1)] = `changed ${mark}`;
    return `---\n${front}---\n${lines.join("\n").trimEnd()}\n`;
  }
}

/** The marks in all files of a commit. */
function marksIn(dir: string, commitId: string, seen: Map<string, ReadonlySet<string>>): ReadonlySet<string> {
  const known = seen.get(commitId);
  if (known) return known;
  let text = "";
  try {
    text = git(dir, "grep", "-hIoE", "w[0-9]+x", commitId);
  } catch {
    // git grep ends with 1 when nothing is found.
    text = "";
  }
  const marks = new Set(text.match(MARK) ?? []);
  seen.set(commitId, marks);
  return marks;
}

/** What a side of a merge brought is in what came of it, or in a record that the merge made. */
function nothingLost(dir: string): void {
  const seen = new Map<string, ReadonlySet<string>>();
  const merges = git(dir, "log", "--merges", "--format=%H %P").trim().split("\n").filter(Boolean);
  for (const line of merges) {
    const [merge = "", ...parents] = line.split(" ");
    const bases = git(dir, "merge-base", "--all", ...parents)
      .trim()
      .split("\n");
    const base = new Set(bases.flatMap((one) => [...marksIn(dir, one, seen)]));
    const after = marksIn(dir, merge, seen);
    for (const parent of parents) {
      const lost = [...marksIn(dir, parent, seen)].filter((mark) => !base.has(mark) && !after.has(mark));
      expect([merge, parent, lost]).toEqual([merge, parent, []]);
    }
  }
}

/**
 * Two clones that write, rename, delete and add at random, and sync in random order. In the end both hold the same, what
 * was acknowledged is in history, what a side brought to a merge is in its result or in a record, and git has no complaint. `noGit`: on
 * machines without the git program, over HTTP.
 */
export async function syncAtRandom(rounds: number, seed: number, noGit = false): Promise<void> {
  const served: GitHttp[] = [];
  const files = Object.fromEntries([1, 2, 3, 4, 5].map((at) => [`memories/n${at}.md`, entry(at)]));
  const made = makeClones({ ...files, "notes.txt": "one\ntwo\nthree\nfour\n" });
  const clocks = [{ at: Date.now() }, { at: Date.now() }];
  if (noGit) {
    served.push(await serveGit(made.folder, TOKEN));
    git(made.remote, "config", "http.receivepack", "true");
    for (const dir of [made.a, made.b]) git(dir, "remote", "set-url", "origin", `${served[0]?.url}/remote.git`);
  }
  const env = { ...GIT_ENV, GIT_MEMORY_TOKEN: TOKEN };
  const open = (dir: string, at: number) => openClone(dir, { now: () => clocks[at]!.at++, noGit, env });
  const clones = [await open(made.a, 0), await open(made.b, 1)];
  const chaos = new Chaos(clones, clocks, numbers(seed));
  for (let round = 0; round < rounds; round++) await chaos.round();
  for (const { store } of [...clones, clones[0]!]) await store.sync.push();
  const [a, b] = clones as [OpenClone, OpenClone];
  expect(git(a.dir, "rev-parse", "HEAD")).toBe(git(b.dir, "rev-parse", "HEAD"));
  expect(git(a.dir, "rev-parse", "HEAD")).toBe(git(made.remote, "rev-parse", "HEAD"));
  const reasons = new Set(git(a.dir, "log", "--format=%B").match(MARK));
  const text = git(a.dir, "log", "-p", "-m", "--format=", "--", "notes.txt");
  expect(chaos.acknowledged.filter((mark) => !reasons.has(mark) && !text.includes(mark))).toEqual([]);
  nothingLost(a.dir);
  for (const { dir, store, told } of clones) {
    expect(git(dir, "status", "--porcelain", "--untracked-files=all")).toBe("");
    expect(faults(dir)).toBe("");
    expect(leftovers(path.join(dir, ".git")).filter((name) => /lock$|publish\.json/.test(name))).toEqual([]);
    expect((await store.status()).invalid).toEqual([]);
    const onDisk = filesOf(dir).map((file) => [file, blobId(fs.readFileSync(path.join(dir, file)))]);
    expect([...told].filter(([file]) => conflictIdAt(file) === undefined).sort()).toEqual(onDisk);
    await store.close();
  }
  for (const one of served) await one.close();
  fs.rmSync(made.folder, { recursive: true, force: true });
}
