import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findGit } from "../../src/git/git-binary.js";
import { Journal, RefMoved } from "../../src/git/journal.js";
import { blobId } from "../../src/git/objects.js";
import { GIT_ENV, temporaryFolder } from "../support/repositories.js";

let dir: string;
let journal: Journal;
const author = { name: "Ada", email: "ada@example.org" };
const record = { author, at: 1_700_000_000_123, subject: "memory: write", op: "updated" };
const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
const append = async (path: string, before: string | null, after: string | null, from?: string) =>
  journal.append(
    await journal.tip(),
    { ...record, reason: "why", agent: "t", session: "s", entry: "e", branch: "main" },
    [{ path, before, after: bytes(after), op: "updated", ...(from === undefined ? {} : { from }) }],
  );
const fsck = () => execFileSync("git", ["fsck", "--strict"], { cwd: dir, env: GIT_ENV, encoding: "utf8" });

beforeEach(() => {
  dir = path.join(temporaryFolder(), "journal.git");
  journal = new Journal(dir, "main");
});
afterEach(() => fs.rmSync(path.dirname(dir), { recursive: true, force: true }));

describe("the journal", () => {
  it("records several writes as one step: all or none", async () => {
    const { oid: start } = await append("a", null, "1");
    const one = { record, changes: [{ path: "a", before: null, after: bytes("2"), op: "updated" }] };
    const fails = {
      record,
      get changes(): never {
        throw new Error("died");
      },
    };
    await expect(journal.appendAll(start, [one, fails])).rejects.toThrow("died");
    expect(await journal.tip()).toBe(start);
    const end = await journal.appendAll(start, [one, { ...one, changes: [{ ...one.changes[0]!, path: "b" }] }]);
    expect(await journal.tip()).toBe(end);
    expect((await journal.since(start, end)).map(({ changes }) => changes[0]?.path)).toEqual(["a", "b"]);
  });

  it("gives back what was recorded, oldest first", async () => {
    const odd = '.memory/a  "b"\\ü\u00a0\u2028 \n.md';
    const one = await append(odd, null, "1");
    const two = await append(odd, one.changes[0]!.after, "2");
    const moved = await append("x/y.md", two.changes[0]!.after, "2", odd);
    const gone = await append(odd, two.changes[0]!.after, null);
    expect(await journal.since(undefined, gone.oid)).toEqual([one, two, moved, gone]);
    expect(await journal.since(two.oid, gone.oid)).toEqual([moved, gone]);
    expect(await journal.since("f".repeat(40), two.oid)).toEqual([one, two]);
    expect(one).toMatchObject({ ...record, reason: "why", changes: [{ path: odd, before: null, op: "updated" }] });
    expect(await journal.last(two.oid, odd)).toBe(blobId(Buffer.from("2")));
    expect([await journal.last(gone.oid, odd), await journal.last(gone.oid, "never")]).toEqual([null, undefined]);
    expect(await journal.allLast(gone.oid)).toEqual(
      new Map([
        [odd, null],
        ["x/y.md", blobId(Buffer.from("2"))],
      ]),
    );
    fsck();
  });

  it("completes what a killed process began to make", async () => {
    await append("a", null, "1");
    const head = fs.readFileSync(path.join(dir, "HEAD"), "utf8");
    fs.rmSync(path.join(dir, "HEAD"));
    expect(fsck).toThrow();
    journal = new Journal(dir, "main");
    await append("b", null, "2");
    expect(fs.readFileSync(path.join(dir, "HEAD"), "utf8")).toBe(head);
    fsck();
  });

  it("refuses a write on top of what is not the newest", async () => {
    const one = await append("a", null, "1");
    await append("a", one.changes[0]!.after, "2");
    await expect(
      journal.append(one.oid, record, [{ path: "a", before: null, after: bytes("3"), op: "updated" }]),
    ).rejects.toBeInstanceOf(RefMoved);
    expect(await journal.objects.has("f".repeat(40))).toBe(false);
  });

  it("takes back what was not acknowledged, the first commit too", async () => {
    const one = await append("a", null, "1");
    const two = await append("a", one.changes[0]!.after, "2");
    await journal.rewind(two.oid, one.oid);
    expect(await journal.tip()).toBe(one.oid);
    await journal.rewind(one.oid, undefined);
    expect(await journal.tip()).toBeUndefined();
  });

  it("goes on after a writer that died with its lock held", async () => {
    await append("a", null, "1");
    fs.writeFileSync(path.join(dir, "refs/heads/main.lock"), "torn");
    await expect(append("a", null, "2")).rejects.toBeInstanceOf(RefMoved);
    journal.unlock();
    await append("a", null, "2");
    await journal.setMark("written", undefined, (await journal.tip())!);
    expect(await journal.mark("written")).toBe(await journal.tip());
    expect(await journal.mark("published")).toBeUndefined();
  });

  it("keeps worktrees apart and knows the others", async () => {
    await append("a", null, "1");
    const linked = new Journal(dir, "worktrees/side");
    const one = await linked.append(undefined, record, [{ path: "a", before: null, after: bytes("2"), op: "updated" }]);
    expect(await journal.others()).toEqual([{ worktree: "worktrees/side", tip: one.oid }]);
    expect(await linked.others()).toEqual([{ worktree: "main", tip: await journal.tip() }]);
  });

  it("packs, and reads and writes on", async () => {
    const git = (await findGit("git", GIT_ENV))!;
    const reader = new Journal(dir, "main");
    for (let at = 0; at < 20; at++) {
      await append("a", null, String(at));
      if (at % 7 === 6) await journal.pack(git);
      expect(await reader.last(await reader.tip(), "a")).toBe(blobId(Buffer.from(String(at))));
    }
    expect(await new Journal(dir, "main").since(undefined, await journal.tip())).toHaveLength(20);
    expect(fs.readdirSync(path.join(dir, "objects/pack")).length).toBeGreaterThan(0);
    fsck();
  });
});
