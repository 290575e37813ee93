import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repositoryAt } from "../../src/git/discover.js";
import { spliceIndex } from "../../src/git/index-file.js";
import { recoverMove } from "../../src/git/move-branch.js";
import { blobId, ObjectStore } from "../../src/git/objects.js";
import { type PublishStep, publish } from "../../src/git/publish.js";
import { faults, git, leftovers, makeRepository, put } from "../support/repositories.js";

let dir: string;
let gitDir: string;
let intentFile: string;
const who = { name: "Ada", email: "ada@example.org", seconds: 1_700_000_000, offset: 60 };
const head = () => git(dir, "rev-parse", "HEAD").trim();
const status = () => git(dir, "status", "--porcelain");
const step = (files: Record<string, string | null>): PublishStep => ({
  files: new Map(Object.entries(files).map(([file, text]) => [file, text === null ? null : Buffer.from(text)])),
  author: who,
  committer: who,
  message: "subject\n\nbody",
});
async function run(steps: PublishStep[], base: string | undefined = head()) {
  const repository = (await repositoryAt(dir))!;
  return publish({ repository, base, steps, intentFile }, new ObjectStore(gitDir));
}
const recover = async () => recoverMove((await repositoryAt(dir))!, intentFile);

beforeEach(() => {
  dir = makeRepository();
  gitDir = path.join(dir, ".git");
  intentFile = path.join(gitDir, "git-memory/publish.json");
});
afterEach(() => {
  expect(faults(dir)).toBe("");
  expect(leftovers(gitDir)).toEqual([]);
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("publishing", () => {
  it("makes one commit a step, with index, working tree and reflog in step", async () => {
    put(path.join(dir, "a/x.md"), "2");
    const outcome = await run([step({ "a/x.md": "1", "b.md": "b" }), step({ "a/x.md": "2", "b.md": null })]);
    expect(outcome).toMatchObject({ kind: "published", commits: [expect.any(String), head()] });
    expect(status()).toBe("");
    expect(git(dir, "reflog", "-2", "--format=%gs")).toBe("commit: subject\ncommit: subject\n");
    expect(git(dir, "diff-files")).toBe("");
  });

  it("does nothing on a branch that moved, and where a person has staged the path meanwhile", async () => {
    const base = head();
    git(dir, "commit", "-q", "--allow-empty", "-m", "moved");
    expect(await run([step({ a: "1" })], base)).toEqual({ kind: "moved" });
    put(path.join(dir, "code.ts"), "staged");
    git(dir, "add", "code.ts");
    expect(await run([step({ "code.ts": "ours" })])).toEqual({ kind: "busy", reason: "code.ts has staged changes" });
    expect(git(dir, "show", ":code.ts")).toBe("staged");
  });

  it("lets git see a file that is not what was published", async () => {
    put(path.join(dir, "a"), "by hand");
    await run([step({ a: "1" })]);
    expect(status()).toBe(" M a\n");
  });

  it("hides no change that was made in the same instant as git's index", () => {
    put(path.join(dir, "racy"), "11");
    git(dir, "add", "racy");
    git(dir, "commit", "-qm", "racy");
    const index = path.join(gitDir, "index");
    const { mtime } = fs.statSync(path.join(dir, "racy"));
    fs.writeFileSync(path.join(dir, "racy"), "22");
    fs.utimesSync(path.join(dir, "racy"), mtime, mtime);
    const seconds = Math.floor(mtime.getTime() / 1000);
    fs.writeFileSync(index, spliceIndex(fs.readFileSync(index), [], seconds));
    fs.utimesSync(index, new Date(Date.now() + 5_000), new Date(Date.now() + 5_000));
    expect(status()).toBe(" M racy\n");
  });
});

describe("what a process that died inside left", () => {
  const sha1 = (bytes: Buffer) => createHash("sha1").update(bytes).digest("hex");
  /** The state at a step: objects and intent there, then index.lock, then the branch's lock, then the branch itself. */
  async function dieAt(stage: "intent" | "index.lock" | "ref.lock" | "ref", packed = false): Promise<string> {
    const before = head();
    const index = fs.readFileSync(path.join(gitDir, "index"));
    put(path.join(dir, "a.md"), "1");
    const outcome = await run([step({ "a.md": "1" })]);
    const after = outcome.kind === "published" ? outcome.commits[0]! : "";
    const stat = fs.statSync(path.join(dir, "a.md"), { bigint: true });
    const next = spliceIndex(index, [{ path: "a.md", file: { oid: blobId(Buffer.from("1")), stat } }]);
    git(dir, "update-ref", "refs/heads/main", before);
    fs.writeFileSync(path.join(gitDir, "index"), index);
    put(intentFile, JSON.stringify({ ref: "refs/heads/main", after, index: sha1(next) }));
    put(path.join(gitDir, ".git-memory-tmp-0123"), "torn");
    if (stage === "intent") return after;
    put(path.join(gitDir, "index.lock"), next);
    if (stage === "ref.lock") put(path.join(gitDir, "refs/heads/main.lock"), `${after}\n`);
    if (stage === "ref") put(path.join(gitDir, "refs/heads/main"), `${after}\n`);
    if (packed) fs.rmSync(path.join(gitDir, "index.lock"));
    if (packed) git(dir, "pack-refs", "--all");
    if (packed) put(path.join(gitDir, "index.lock"), next);
    return after;
  }

  it.each(["intent", "index.lock", "ref.lock"] as const)("is undone when it died at the %s", async (stage) => {
    const before = head();
    await dieAt(stage);
    await recover();
    expect([head(), status()]).toEqual([before, "?? a.md\n"]);
    expect((await run([step({ "a.md": "1" })])).kind).toBe("published");
    expect(status()).toBe("");
  });

  it.each([false, true])("is completed when the branch had moved (packed since: %s)", async (packed) => {
    const after = await dieAt("ref", packed);
    await recover();
    expect([head(), status()]).toEqual([after, ""]);
  });

  it("is left alone when the lock is a person's", async () => {
    await dieAt("intent");
    put(path.join(gitDir, "index.lock"), "a person's");
    await recover();
    expect(fs.readFileSync(path.join(gitDir, "index.lock"), "utf8")).toBe("a person's");
    fs.rmSync(path.join(gitDir, "index.lock"));
  });
});
