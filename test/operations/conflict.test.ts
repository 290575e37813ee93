import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, SECRET } from "../support/memory.js";
import { git } from "../support/repositories.js";

const [ONE, TWO] = [
  { agent: "claude", session: "one" },
  { agent: "cursor", session: "two" },
];
const BODY = "First line.\n\nSecond line.\n\nThird line.";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const entry = async (ref = "a"): Promise<Json> =>
  (await bench.call<{ entries: Json[] }>("get", { refs: [ref] })).entries[0] ?? {};
const list = (input: Json = {}) => bench.call<{ conflicts: Json[]; total: number }>("conflict list", input);

/** Two writers change one entry side by side; gives the conflict's id. `b` is what the first one wrote. */
async function contested(a: Json, b: Json, saved: Json = {}): Promise<string> {
  const { version } = await bench.call("save", { title: "A", content: BODY, ...saved }, ONE);
  await bench.call("update", { ref: "a", base_version: version, ...b }, ONE);
  const result = await bench.call("update", { ref: "a", base_version: version, ...a }, TWO);
  return String(result.conflict);
}

describe("a conflict of two writers", () => {
  it("is listed, shown with both sides, and resolved once", async () => {
    const id = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    expect(await list()).toMatchObject({
      total: 1,
      conflicts: [{ id, address: "memories/a", cause: "concurrent", fields: ["importance"], resolved: false }],
    });
    for (const ref of [id, id.slice(0, 8), "memories/a"])
      expect(await bench.call("conflict show", { id: ref })).toMatchObject({
        id,
        a: { values: { importance: 0.1 }, agent: "cursor", author: "Ada Person" },
        b: { values: { importance: 0.9 }, agent: "claude", author: "Ada Person" },
        diff: "~ importance: 0.1 → 0.9",
      });
    const done = await bench.call("conflict resolve", { id, take: "b", reason: "measured" }, TWO);
    expect(done).toMatchObject({ id, address: "memories/a", change: "updated" });
    expect(await entry()).toMatchObject({ fields: { importance: 0.9 }, version: done.version });
    expect(await entry()).not.toHaveProperty("conflict");
    expect(await list()).toEqual({ conflicts: [], total: 0 });
    expect(await list({ all: true })).toMatchObject({
      conflicts: [{ id, resolved: true, resolution: "b", resolved_by: "Ada Person" }],
    });
    expect(bench.text(`conflicts/${id}.md`)).toBeUndefined();
    expect(bench.text(`conflicts/resolved/${id}.md`)).toContain("resolution: b");
    const error = await bench.refused("conflict resolve", { id, take: "a" }, "conflict");
    expect(error.message).toContain("resolved already");
    expect(await bench.call("check", {}).catch(() => bench.call("admin check"))).toMatchObject({ findings: [] });
  });

  it.each([
    ["a", `${BODY.replace("Second", "Zweite").replace("First", "1st")}\n\nLater.`],
    ["b", `${BODY.replace("Second", "2nd").replace("First", "1st")}\n\nLater.`],
    ["both", `${BODY.replace("Second line.", "Zweite line.\n2nd line.").replace("First", "1st")}\n\nLater.`],
  ])("take %s of a text keeps what was changed elsewhere and since", async (take, content) => {
    const id = await contested(
      { content: BODY.replace("Second", "Zweite") },
      { content: BODY.replace("Second", "2nd").replace("First", "1st") },
    );
    await bench.call("update", { ref: "a", append: "Later." }, ONE);
    await bench.call("conflict resolve", { id, take });
    expect((await entry()).content).toBe(content);
    expect(await list()).toMatchObject({ total: 0 });
  });

  it("takes values of one's own, and lists of both sides", async () => {
    const id = await contested(
      { set: { importance: 0.1, title: "Mine", data: { k: 1 } } },
      { set: { importance: 0.9, title: "Theirs", data: { k: 2 } } },
      { kind: "pattern", name: "a" },
    );
    expect((await list()).conflicts[0]?.fields).toEqual(["title", "importance", "data"]);
    const before = bench.trace();
    const no = async (input: Json) =>
      (await bench.refused("conflict resolve", { id, ...input }, "invalid_input")).message;
    expect(await no({})).toContain("take a, b or both, or values for title, importance, data");
    expect(await no({ values: { title: "x" } })).toContain("values for importance, data");
    expect(await no({ take: "both" })).toContain("title can only have one value");
    expect(await no({ values: { summary: "x" }, take: "a" })).toContain("values.summary is not contested");
    expect(await no({ values: { importance: 7 }, take: "a" })).toContain("importance");
    expect(bench.trace()).toEqual(before);
    await bench.call("conflict resolve", { id, take: "b", values: { title: "Ours", importance: 0.5 } });
    expect(await entry()).toMatchObject({ title: "Ours", fields: { data: { k: 2 } } });
    expect((await entry()).fields).not.toHaveProperty("importance");
  });

  it("takes the other side of a list and keeps what is apart in it, and what came since", async () => {
    const relation = (target: string, note?: string) => ({ type: "related_to", target, ...(note ? { note } : {}) });
    for (const title of ["X", "Y", "Z", "W"]) await bench.call("save", { title, content: title }, ONE);
    const both = [relation("memories/x")];
    const id = await contested(
      { set: { relations: [relation("memories/x", "mine"), relation("memories/y")] } },
      { set: { relations: [relation("memories/x", "theirs"), relation("memories/z")] } },
      { fields: { relations: both } },
    );
    await bench.call("relation create", { ref: "a", type: "related_to", target: "w" }, ONE);
    await bench.call("conflict resolve", { id, take: "b" });
    const { relations } = (await entry()).fields as { relations: { target: string; note?: string }[] };
    expect(relations.map(({ target, note }) => [target, note]).sort()).toEqual([
      ["memories/w", undefined],
      ["memories/x", "theirs"],
      ["memories/y", undefined],
      ["memories/z", undefined],
    ]);
  });

  it("is no way to other files of the store", async () => {
    const id = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    const file = `conflicts/${id}.md`;
    await bench.hand(
      file,
      (bench.text(file) ?? "").replace(/^entry: .*$/m, "entry: x").replace(/^path: .*$/m, `path: ${file}`),
    );
    await bench.refused("conflict resolve", { id, take: "b" }, "invalid_input");
  });

  it("follows its entry to another name, and may outlive it", async () => {
    const id = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    await bench.call("update", { ref: "a", set: { name: "b/c" } });
    expect(await entry("memories/b/c")).toMatchObject({ conflict: id });
    expect((await list()).conflicts).toMatchObject([{ address: "memories/b/c" }]);
    await bench.call("delete", { ref: "memories/b/c", purge: true });
    await bench.refused("conflict resolve", { id, take: "b" }, "invalid_input");
    expect(await bench.call("conflict resolve", { id, take: "a" })).toMatchObject({ change: "unchanged" });
  });

  it("refuses a decision on another version than the one that was seen, and what is not there", async () => {
    const id = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    const { version } = await entry();
    await bench.call("update", { ref: "a", append: "More." });
    await bench.refused("conflict resolve", { id, take: "a", base_version: version }, "stale_version");
    const error = await bench.refused("conflict show", { id: "ffffffff" }, "not_found");
    expect(error.data).toEqual({ id: "ffffffff", open: [id] });
  });

  it("is gone from the folder of closed ones when it is old enough", async () => {
    const id = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    await bench.call("conflict resolve", { id, take: "a" });
    expect(await bench.call("conflict prune", {})).toMatchObject({ pruned: [] });
    bench.clock.at += 91 * 86_400_000;
    expect(await bench.call("conflict prune", {})).toMatchObject({ pruned: [id] });
    expect(bench.text(`conflicts/resolved/${id}.md`)).toBeUndefined();
    expect(await list({ all: true })).toMatchObject({ total: 0 });
  });

  it("is resolved when one of two states of its record is", async () => {
    const id = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    const open = bench.text(`conflicts/${id}.md`) ?? "";
    await bench.call("conflict resolve", { id, take: "a" });
    await bench.hand(`conflicts/${id}.md`, open);
    expect(await list()).toMatchObject({ total: 0 });
    expect(await entry()).not.toHaveProperty("conflict");
  });
});

/** A merge of two branches in conflict over a file; null = deleted there. */
async function merging(base: string | null, ours: string | null, theirs: string | null, file = "memories/logo.md") {
  const write = (text: string | null): void => {
    const full = path.join(bench.root, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    if (text === null) fs.rmSync(full, { force: true });
    else fs.writeFileSync(full, text);
    git(bench.dir, "add", "-A", ".");
    git(bench.dir, "commit", "-q", "--allow-empty", "-m", "step");
  };
  write(base);
  git(bench.dir, "switch", "-qc", "theirs");
  write(theirs);
  git(bench.dir, "switch", "-q", "main");
  write(ours);
  expect(() => git(bench.dir, "merge", "-q", "theirs")).toThrow();
  await bench.rescan();
}

describe("a path that git has unmerged", () => {
  const LOGO = "logo";
  const text = (colour: string, body = "Since June.") => entryText(`title: The logo is ${colour}`, body);
  const staged = () => git(bench.dir, "ls-files", "-u", "--", ".memory").trim();

  it("is an open conflict: listed, shown, resolved and staged, so that the merge can go on", async () => {
    await merging(text("blue"), text("green"), text("red", "Since July."));
    const { conflicts } = await list();
    expect(conflicts).toMatchObject([{ address: "memories/logo", cause: "merge", fields: ["title"], unmerged: true }]);
    const id = String(conflicts[0]?.id);
    expect(await entry(LOGO)).toMatchObject({ title: "The logo is green", conflict: id });
    expect(await bench.call("conflict show", { id })).toMatchObject({
      a: { values: { title: "The logo is green" } },
      b: { values: { title: "The logo is red" } },
    });
    await bench.refused("conflict resolve", { id }, "invalid_input");
    expect(staged()).not.toBe("");
    expect(await bench.call("conflict resolve", { id, take: "b" })).toMatchObject({ change: "updated", staged: true });
    expect(staged()).toBe("");
    expect(await list()).toMatchObject({ total: 0 });
    expect(await entry(LOGO)).toMatchObject({ title: "The logo is red", content: "Since July." });
    git(bench.dir, "commit", "-q", "--no-edit");
    expect(git(bench.dir, "show", "HEAD:.memory/memories/logo.md")).toBe(text("red", "Since July."));
    expect(git(bench.dir, "status", "--porcelain")).toBe("");
    git(bench.dir, "fsck", "--strict");
  });

  it("takes no secret", async () => {
    await merging(text("blue"), text("green"), text("red"));
    const [{ id } = {}] = (await list()).conflicts;
    const values = { title: `The logo is ${SECRET}` };
    await bench.refused("conflict resolve", { id, values }, "invalid_input");
    expect(staged()).not.toBe("");
    expect(bench.text("memories/logo.md")).not.toContain(SECRET);
    await bench.call("conflict resolve", { id, values, allow_secrets: ["github"] });
    expect(staged()).toBe("");
  });

  it("that becomes something else than a write that waited says has a record that follows the entry", async () => {
    await merging(text("blue"), text("green"), text("red"));
    await bench.call("update", { ref: LOGO, set: { title: "Ours" } });
    await bench.hand("memories/logo.md", text("grey"));
    git(bench.dir, "commit", "-qam", "merged");
    await bench.call("save", { title: "Other", content: "x" });
    const [{ id } = {}] = (await list()).conflicts;
    await bench.call("update", { ref: LOGO, set: { name: "moved" } });
    expect(await entry("moved")).toMatchObject({ conflict: id, title: "The logo is grey" });
    await bench.call("conflict resolve", { id, take: "b" });
    expect(await entry("moved")).toMatchObject({ title: "Ours" });
  });

  it("with a write of ours that waits: that is in what it becomes", async () => {
    await merging(text("blue"), text("green"), text("red"));
    expect(await bench.call("update", { ref: LOGO, append: "Ask Ada." })).toHaveProperty("pending");
    const [{ id } = {}] = (await list()).conflicts;
    await bench.call("conflict resolve", { id, take: "b" });
    expect(await entry(LOGO)).toMatchObject({ title: "The logo is red", content: "Since June.\n\nAsk Ada." });
    expect(bench.text("memories/logo.md")).toContain("Ask Ada.");
    expect(await bench.call("admin status")).toMatchObject({ conflicts: 0 });
  });

  it("whose other side is gone is kept or deleted", async () => {
    await merging(text("blue"), text("green"), null);
    const [{ id, cause } = {}] = (await list()).conflicts;
    expect(cause).toBe("delete/edit");
    await bench.refused("conflict resolve", { id, take: "both" }, "invalid_input");
    expect(await bench.call("conflict resolve", { id, take: "b" })).toMatchObject({ change: "deleted" });
    expect([staged(), bench.text("memories/logo.md")]).toEqual(["", undefined]);
    await bench.refused("get", { refs: [LOGO] }, "not_found");
  });

  it("that two entries want goes to both when both are to stay", async () => {
    const own = (digit: string) => entryText(`id: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b1${digit}\ntitle: T${digit}`, "x");
    await merging(null, own("1"), own("2"));
    const [{ id, cause } = {}] = (await list()).conflicts;
    expect(cause).toBe("add/add");
    await bench.call("conflict resolve", { id, take: "both" });
    expect([bench.text("memories/logo.md"), bench.text("memories/logo-2.md")]).toEqual([own("1"), own("2")]);
    expect(staged()).toBe("");
  });
});

it("is refused where git's index is locked, and everything is as it was", async () => {
  await merging(entryText("title: a", "x"), entryText("title: b", "x"), entryText("title: c", "x"));
  const [{ id } = {}] = (await list()).conflicts;
  const lock = path.join(bench.dir, ".git/index.lock");
  fs.writeFileSync(lock, "");
  await bench.refused("conflict resolve", { id, take: "b" }, "locked");
  fs.rmSync(lock);
  expect(await list()).toMatchObject({ total: 1 });
  await bench.call("conflict resolve", { id, take: "b" });
  expect(bench.text("memories/logo.md")).toContain("title: c");
});
