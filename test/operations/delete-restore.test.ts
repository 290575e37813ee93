import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const types = async (ref: string): Promise<unknown[]> =>
  (await bench.call<{ versions: Json[] }>("history list", { ref })).versions.map(({ change_type }) => change_type);

describe("delete", () => {
  it("archives: out of results, still there, once", async () => {
    const saved = await bench.call("save", { title: "A", content: "text" });
    const archived = await bench.call("delete", { ref: "a", reason: "no longer so" });
    expect(archived).toMatchObject({ change: "archived", id: saved.id, address: "memories/a" });
    expect(bench.text("memories/a.md")).toBe(`---\nid: ${saved.id}\ntitle: A\nstatus: archived\n---\n\ntext\n`);
    const addresses = async (input: Json) =>
      (await bench.call<{ hits: Json[] }>("search", input)).hits.map(({ address, archived: flag }) => [address, flag]);
    expect(await addresses({})).toEqual([]);
    expect(await addresses({ include: ["archived"] })).toEqual([["memories/a", true]]);
    expect(await bench.call("get", { refs: ["a"] })).toMatchObject({ entries: [{ archived: true }] });
    const before = bench.trace();
    expect(await bench.call("delete", { ref: "a" })).toMatchObject({ change: "unchanged", version: archived.version });
    expect(bench.trace()).toEqual(before);
  });

  it("purges: the file is gone, history keeps it", async () => {
    const saved = await bench.call("save", { title: "A", content: "text" });
    const purged = await bench.call("delete", { ref: "a", purge: true });
    expect(purged).toMatchObject({ change: "deleted", address: "memories/a", id: saved.id });
    expect(purged).not.toHaveProperty("version");
    expect(bench.text("memories/a.md")).toBeUndefined();
    await bench.refused("get", { refs: ["memories/a"] }, "not_found");
    await bench.refused("delete", { ref: "memories/a" }, "not_found");
    expect(await types("memories/a")).toEqual(["deleted", "created"]);
    expect(await bench.call("get", { refs: ["memories/a"], version: saved.version })).toMatchObject({
      entries: [{ content: "text", version: saved.version, id: saved.id }],
    });
  });

  it("offers the nearest addresses for what is not there", async () => {
    await bench.call("save", { title: "Use Postgres for billing", content: "text" });
    const error = await bench.refused("delete", { ref: "use-postgres-billing" }, "not_found");
    expect(error.data).toEqual({ ref: "use-postgres-billing", nearest: ["memories/use-postgres-for-billing"] });
    expect(error.message).toContain("memories/use-postgres-for-billing");
  });
});

describe("history restore", () => {
  it("makes an older state the newest version, byte for byte", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    await bench.call("update", { ref: "a", content: "two" });
    const restored = await bench.call("history restore", { ref: "a", version: saved.version, reason: "it was right" });
    expect(restored).toMatchObject({ change: "restored", version: saved.version, id: saved.id });
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "a" });
    expect(versions).toMatchObject([
      { number: 3, change_type: "restored", version: saved.version, reason: "it was right" },
      { number: 2, change_type: "updated" },
      { number: 1, change_type: "created", version: saved.version },
    ]);
    const before = bench.trace();
    expect(await bench.call("history restore", { ref: "a", version: String(saved.version).slice(0, 8) })).toMatchObject(
      {
        change: "unchanged",
      },
    );
    expect(bench.trace()).toEqual(before);
  });

  it("brings a deleted entry back, also one that a person deleted and committed", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    await bench.call("delete", { ref: "a", purge: true });
    await bench.call("history restore", { ref: "memories/a", version: saved.version });
    expect(bench.text("memories/a.md")).toContain("one");
    expect(await types("memories/a")).toEqual(["restored", "deleted", "created"]);
    git(bench.dir, "add", "-A");
    git(bench.dir, "commit", "-qm", "with a");
    const commit = git(bench.dir, "rev-parse", "HEAD").trim();
    git(bench.dir, "rm", "-q", ".memory/memories/a.md");
    git(bench.dir, "commit", "-qm", "without a");
    await bench.rescan();
    await bench.refused("get", { refs: ["memories/a"] }, "not_found");
    await bench.call("history restore", { ref: "memories/a", version: commit });
    expect(bench.text("memories/a.md")).toContain("one");
  });

  it("refuses a version that is none, one that names several, and a deletion", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    const before = bench.trace();
    await bench.refused("history restore", { ref: "a", version: "0123456789" }, "not_found");
    await bench.refused("history restore", { ref: "memories/none", version: String(saved.version) }, "not_found");
    await bench.refused("history restore", { ref: "a", version: "abc" }, "invalid_input");
    await bench.refused(
      "history restore",
      { ref: "a", version: String(saved.version), base_version: "0".repeat(40) },
      "stale_version",
    );
    expect(bench.trace()).toEqual(before);
    git(bench.dir, "add", "-A");
    git(bench.dir, "commit", "-qm", "with a");
    git(bench.dir, "rm", "-q", ".memory/memories/a.md");
    git(bench.dir, "commit", "-qm", "without a");
    await bench.rescan();
    const gone = git(bench.dir, "rev-parse", "HEAD").trim();
    const error = await bench.refused("history restore", { ref: "memories/a", version: gone }, "invalid_input");
    expect(error.message).toContain("deleted");
  });

  it("keeps the id that an entry was given after that version", async () => {
    await bench.hand("memories/a.md", entryText("title: A", "by hand"));
    git(bench.dir, "add", "-A");
    git(bench.dir, "commit", "-qm", "by hand");
    const commit = git(bench.dir, "rev-parse", "HEAD").trim();
    await bench.rescan();
    const updated = await bench.call("update", { ref: "a", content: "by us" });
    const restored = await bench.call("history restore", { ref: "a", version: commit });
    expect(restored.id).toBe(updated.id);
    expect(bench.text("memories/a.md")).toBe(`---\nid: ${updated.id}\ntitle: A\n---\n\nby hand\n`);
  });

  it("gives what comes back beside its moved self an id of its own", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    await bench.call("update", { ref: "a", set: { name: "b" } });
    const restored = await bench.call("history restore", { ref: "memories/a", version: saved.version });
    expect(restored.id).not.toBe(saved.id);
    expect((await bench.call<{ findings: Json[] }>("admin check")).findings).toEqual([]);
    expect(await bench.call("get", { refs: ["memories/b"] })).toMatchObject({ entries: [{ id: saved.id }] });
  });
});
