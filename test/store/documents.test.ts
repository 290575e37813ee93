import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../src/entry/change.js";
import type { Store } from "../../src/store/store.js";
import { faults, git, historyOf, makeCheckedInStore, openStore, put, write } from "../support/repositories.js";

const PROJECT = "project.md";
const SESSION = "sessions/fix/session.md";
const text = (title: string, rest = ""): string => `---\ntitle: ${title}\n${rest}---\n\nText\n`;

let dir: string;
let store: Store;
let told: Change[];
const disk = (file: string): string => path.join(dir, ".memory", file);
const pending = async () => [...(await store.status()).pending].sort();

/** What was told since the last question: path → title, or what else it was. */
function news(): Record<string, unknown> {
  const changes = told.splice(0);
  return Object.fromEntries(
    changes.map(({ path: file, after }) => [
      file,
      after === null
        ? "gone"
        : "document" in after
          ? after.document.title
          : "entry" in after
            ? after.entry.title
            : { pending: after.pending ?? false },
    ]),
  );
}

async function look(): Promise<Record<string, unknown>> {
  store.rescan();
  await store.refresh();
  return news();
}

async function reopen(options: Parameters<typeof openStore>[1] = {}): Promise<void> {
  await store?.close();
  told = [];
  store = await openStore(dir, { sink: (changes) => told.push(...changes), ...options });
}

beforeEach(async () => {
  dir = makeCheckedInStore();
  await reopen();
});
afterEach(async () => {
  await store.close();
  expect(faults(dir)).toBe("");
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("documents of scopes in a store", () => {
  it("are told before the entries, and entries alone are counted", async () => {
    put(disk("memories/a.md"), text("A"));
    put(disk(SESSION), text("Fix"));
    put(disk(PROJECT), text("Demo"));
    const counts: string[] = [];
    await reopen({ scanned: (done, total) => counts.push(`${done}/${total}`) });
    expect(Object.entries(news())).toEqual([
      [PROJECT, "Demo"],
      [SESSION, "Fix"],
      ["memories/a.md", "A"],
    ]);
    expect([counts[0], counts.at(-1)]).toEqual(["0/1", "1/1"]);
  });

  it("are pending until HEAD has them, and retold when somebody edits, switches or removes", async () => {
    await write(store, PROJECT, text("Demo"), "created");
    expect(news()).toEqual({ [PROJECT]: "Demo" });
    expect(await pending()).toEqual([PROJECT]);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "document");
    expect(await look()).toEqual({ [PROJECT]: { pending: false } });
    expect(await pending()).toEqual([]);
    put(disk(PROJECT), text("By hand"));
    expect(await look()).toEqual({ [PROJECT]: "By hand" });
    expect(await pending()).toEqual([PROJECT]);
    git(dir, "commit", "-qam", "by hand");
    await look();
    git(dir, "switch", "-qc", "side", "HEAD~2");
    expect(await look()).toEqual({ [PROJECT]: "gone" });
    git(dir, "switch", "-q", "main");
    expect(await look()).toEqual({ [PROJECT]: "By hand" });
    fs.rmSync(disk(PROJECT));
    expect(await look()).toEqual({ [PROJECT]: "gone" });
    expect(await pending()).toEqual([PROJECT]);
  });

  it("that cannot be read are invalid, and told once they can", async () => {
    put(disk(SESSION), "---\na: [\n---\n");
    expect(await look()).toEqual({});
    expect(store.invalid).toEqual([{ path: SESSION, reason: expect.stringContaining("line ") }]);
    put(disk(SESSION), text("Fix"));
    expect(await look()).toEqual({ [SESSION]: "Fix" });
    expect(store.invalid).toEqual([]);
    put(disk(SESSION), "---\na: [\n---\n");
    expect(await look()).toEqual({ [SESSION]: "gone" });
  });

  it("say which side is ours while git has them as unmerged", async () => {
    put(disk(PROJECT), text("One"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "one");
    git(dir, "switch", "-qc", "side");
    put(disk(PROJECT), text("Theirs"));
    git(dir, "commit", "-qam", "theirs");
    git(dir, "switch", "-q", "main");
    put(disk(PROJECT), text("Ours"));
    git(dir, "commit", "-qam", "ours");
    await look();
    expect(() => git(dir, "merge", "side")).toThrow();
    await look();
    expect(Buffer.from((await store.current(PROJECT))!.bytes).toString()).toBe(text("Ours"));
    expect(store.invalid).toEqual([]);
    git(dir, "merge", "--abort");
  });

  it.each([
    ["with the git program", false],
    ["by our own means", true],
  ])("are committed %s", async (_how, noGit) => {
    await reopen({ noGit });
    await write(store, PROJECT, text("Demo"), "created");
    await write(store, SESSION, text("Fix"), "created");
    expect((await store.commit("documents")).files).toEqual([PROJECT, SESSION]);
    expect(git(dir, "show", "--name-only", "--format=%s").trim().split("\n")).toEqual([
      "documents",
      "",
      `.memory/${PROJECT}`,
      `.memory/${SESSION}`,
    ]);
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(await pending()).toEqual([]);
    await write(store, SESSION, null, "deleted");
    expect((await store.commit("ended")).files).toEqual([SESSION]);
    expect(git(dir, "status", "--porcelain")).toBe("");
  });

  it("have a history that follows their scope to another folder by the id", async () => {
    const id = "id: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11\n";
    put(disk(SESSION), text("Fix", id));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "started");
    fs.rmSync(disk("sessions/fix"), { recursive: true });
    put(disk("sessions/mend/session.md"), text("Another title, and more of it", `${id}purpose: all new\nagent: me\n`));
    git(dir, "add", "-A");
    git(dir, "commit", "-qm", "renamed");
    await look();
    const { versions } = await historyOf(store, "sessions/mend/session.md");
    expect(versions.map(({ path: file }) => file)).toEqual(["sessions/mend/session.md", SESSION]);
  });
});
