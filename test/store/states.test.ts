import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobId } from "../../src/git/objects.js";
import type { Store } from "../../src/store/store.js";
import {
  entryText,
  faults,
  git,
  historyOf,
  leftovers,
  makeCheckedInStore,
  openStore,
  put,
  write,
} from "../support/repositories.js";

const FILE = "memories/one.md";
let dir: string;
let disk: string;
let store: Store;
const text = async (file = FILE) => {
  const current = await store.current(file);
  return current && Buffer.from(current.bytes).toString();
};
const work = (file = disk) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined);
const pending = async () => (await store.status()).pending;
const dropped = async () => (await store.status()).dropped;
const subjects = () =>
  git(path.join(dir, ".git/git-memory/journal.git"), "log", "--format=%an: %s", "main").trim().split("\n");
/** What a process leaves that died right after its commit in the journal: the file as before, the mark behind. */
async function dieBefore(after: string | null, before: string | undefined): Promise<void> {
  const mark = path.join(dir, ".git/git-memory/journal.git/refs/written/main");
  const old = fs.existsSync(mark) ? fs.readFileSync(mark) : undefined;
  await write(store, FILE, after);
  if (before === undefined) fs.rmSync(disk, { force: true });
  else put(disk, before);
  if (old) fs.writeFileSync(mark, old);
  else fs.rmSync(mark);
}

beforeEach(async () => {
  dir = makeCheckedInStore();
  disk = path.join(dir, ".memory", FILE);
  store = await openStore(dir);
});
afterEach(async () => {
  await store.close();
  expect(faults(dir)).toBe("");
  expect(leftovers(path.join(dir, ".git"))).toEqual([]);
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("a path's states, row by row", () => {
  it("1: at rest, whoever wrote it", async () => {
    await write(store, FILE, entryText("A"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "entries");
    put(path.join(dir, ".memory/memories/two.md"), entryText("Two"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "two");
    await store.refresh();
    expect(await pending()).toEqual([]);
    expect(await dropped()).toEqual([]);
  });

  it("2: a write of ours is pending until HEAD has it", async () => {
    await write(store, FILE, entryText("A"));
    expect(await pending()).toEqual([FILE]);
    expect(git(dir, "status", "--porcelain", "-uall")).toBe(`?? .memory/${FILE}\n`);
  });

  it("3: a pull, a switch, a reset decide what is current", async () => {
    await write(store, FILE, entryText("A"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "A");
    await write(store, FILE, entryText("B"));
    git(dir, "commit", "-qam", "B");
    git(dir, "switch", "-qc", "side", "HEAD~1");
    await store.refresh();
    expect(await text()).toBe(entryText("A"));
    git(dir, "reset", "-q", "--hard", "HEAD~1");
    await store.refresh();
    expect(await text()).toBeUndefined();
    expect(await dropped()).toEqual([]);
  });

  it("4: what checkout and clean threw away is listed and can be read", async () => {
    await write(store, FILE, entryText("A"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "A");
    await write(store, FILE, entryText("B"));
    await write(store, "memories/new.md", entryText("New"));
    git(dir, "checkout", "-q", ".");
    git(dir, "clean", "-qfd");
    store.rescan();
    await store.refresh();
    const lost = await dropped();
    expect(lost.map(({ path: file }) => file).sort()).toEqual(["memories/new.md", FILE]);
    for (const { path: file, version } of lost)
      expect(Buffer.from((await store.readVersion(version, file))!).toString()).toContain("title: ");
    await write(store, FILE, entryText("C"));
    expect((await dropped()).map(({ path: file }) => file)).toEqual(["memories/new.md"]);
  });

  it("5: a hand edit is current and goes on record before the write on top of it", async () => {
    await write(store, FILE, entryText("A"));
    put(disk, entryText("By hand"));
    store.rescan();
    await store.refresh();
    expect(await pending()).toEqual([FILE]);
    expect(subjects()).toHaveLength(1);
    await write(store, FILE, entryText("B"));
    expect(subjects()).toEqual([
      `Ada Person: memory: updated ${FILE}`,
      `Ada Person: memory: edit ${FILE} by hand`,
      `Ada Person: memory: updated ${FILE}`,
    ]);
    expect((await historyOf(store, FILE)).versions.map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  it("6: removed by hand is gone, and on record when we write there again", async () => {
    await write(store, FILE, entryText("A"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "A");
    fs.rmSync(disk);
    store.rescan();
    await store.refresh();
    expect(await text()).toBeUndefined();
    expect(await dropped()).toEqual([]);
    await write(store, FILE, entryText("B"), "created");
    expect((await historyOf(store, FILE)).versions.map((one) => one.change_type)).toEqual([
      "created",
      "deleted",
      "updated",
    ]);
  });

  it("9: the file of a process that died is brought into place", async () => {
    await write(store, FILE, entryText("A"));
    await dieBefore(entryText("B"), entryText("A"));
    const next = await openStore(dir);
    expect(work()).toBe(entryText("B"));
    expect((await next.status()).dropped).toEqual([]);
    await next.close();
    await store.refresh();
  });

  it("9: so is a new file, a deletion, and one whose file was in place already", async () => {
    await dieBefore(entryText("A"), undefined);
    await write(store, "memories/two.md", entryText("Two"));
    expect(work()).toBe(entryText("A"));
    await dieBefore(null, entryText("A"));
    await write(store, "memories/two.md", entryText("Three"));
    expect(work()).toBeUndefined();
    await dieBefore(entryText("C"), entryText("C"));
    await write(store, "memories/two.md", entryText("Four"));
    expect(work()).toBe(entryText("C"));
  });

  it("9: a move is completed at both paths", async () => {
    await write(store, FILE, entryText("A"));
    const mark = path.join(dir, ".git/git-memory/journal.git/refs/written/main");
    const old = fs.readFileSync(mark);
    const bytes = Buffer.from(entryText("A"));
    const moved = "memories/moved.md";
    await store.exclusive((session) =>
      session.write(
        [
          { path: FILE, after: null, op: "renamed" },
          { path: moved, after: bytes, op: "renamed", from: FILE },
        ],
        { op: "renamed", subject: "memory: rename" },
      ),
    );
    put(disk, bytes);
    fs.rmSync(path.join(dir, ".memory", moved));
    fs.writeFileSync(mark, old);
    await write(store, "memories/two.md", entryText("Two"));
    expect([work(), work(path.join(dir, ".memory", moved))]).toEqual([undefined, entryText("A")]);
    const { versions } = await historyOf(store, moved);
    expect(versions.map((one) => [one.change_type, one.path])).toEqual([
      ["renamed", moved],
      ["updated", FILE],
    ]);
  });

  /** The one conflict record that there is. */
  const record = (): string => {
    const folder = path.join(dir, ".memory/conflicts");
    const [name = "", ...others] = fs.readdirSync(folder);
    expect(others).toEqual([]);
    return fs.readFileSync(path.join(folder, name), "utf8");
  };

  it("10: what changed in between stays where both changed it, and the write is on record", async () => {
    await write(store, FILE, entryText("A"));
    await dieBefore(entryText("B"), entryText("By hand"));
    const next = await openStore(dir);
    expect(work()).toBe(entryText("By hand"));
    expect(record()).toContain("cause: concurrent");
    expect(record()).toMatch(/^a:\n {2}title: By hand\n(?: .*\n)*b:\n {2}title: B$/m);
    await next.close();
    expect(await dropped()).toEqual([]);
    const { versions } = await historyOf(store, FILE);
    expect(versions.map(({ number, change_type }) => [number ?? "aside", change_type])).toContainEqual([1, "updated"]);
    expect(versions.map(({ version }) => version)).toContain(blobId(Buffer.from(entryText("B"))));
  });

  it("10: what was taken away and changed by hand meanwhile stays, and it is on record", async () => {
    await write(store, FILE, entryText("A"));
    await dieBefore(null, entryText("By hand"));
    const next = await openStore(dir);
    expect(work()).toBe(entryText("By hand"));
    expect(record()).toContain("cause: delete/edit");
    await next.close();
  });

  it("10: what is apart comes together, however often it is recovered", async () => {
    await write(store, FILE, entryText("A", "One.\n\nTwo."));
    await dieBefore(entryText("B", "One.\n\nTwo."), entryText("A", "One.\n\nTwo, by hand."));
    const mark = path.join(dir, ".git/git-memory/journal.git/refs/written/main");
    const before = fs.readFileSync(mark);
    const tips: string[] = [];
    for (let time = 0; time < 3; time++) {
      const next = await openStore(dir);
      expect(work()).toBe(entryText("B", "One.\n\nTwo, by hand."));
      await next.close();
      tips.push(git(path.join(dir, ".git/git-memory/journal.git"), "rev-parse", "main"));
      fs.writeFileSync(mark, before);
    }
    expect(new Set(tips).size).toBe(1);
    expect(fs.existsSync(path.join(dir, ".memory/conflicts"))).toBe(false);
    expect((await historyOf(store, FILE)).versions[0]).toMatchObject({ change_type: "merged" });
  });
});
