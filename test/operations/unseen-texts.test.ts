import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KnownTexts } from "../../src/memory/known-texts.js";
import type { Connection } from "../../src/memory/session/call-session.js";
import { Bench, type Json } from "../support/memory.js";

const [ONE, TWO] = [
  { agent: "claude", session: "one" },
  { agent: "cursor", session: "two" },
];
const BODY = "First line.\n\nSecond line.\n\nThird line.";
const relation = (note: string) => ({ type: "related_to", target: "memories/x", note });

let bench: Bench;
let reader: Connection;
beforeEach(async () => {
  bench = await Bench.open();
  reader = { texts: new KnownTexts() };
});
afterEach(() => bench.close());

const entry = async (ref = "a"): Promise<Json> =>
  (await bench.call<{ entries: Json[] }>("get", { refs: [ref] })).entries[0] ?? {};
const byTwo = (verb: string, input: Json) => bench.call(verb, input, TWO, reader);
const code = (call: Promise<unknown>) => call.then(String, (error) => error.code);

/** An entry that the second writer has read and the first one has changed since. */
async function unseen(): Promise<void> {
  await bench.call("save", { title: "A", content: BODY }, ONE);
  await byTwo("get", { refs: ["a"] });
  await bench.call("update", { ref: "a", edits: [{ old: "First", new: "FIRST" }] }, ONE);
}

describe("a text that a connection has not seen", () => {
  it.each([
    ["append", { append: "Later." }, "\n\nLater."],
    ["add_tags", { add_tags: ["x"] }, ""],
    ["edits", { edits: [{ old: "Second", new: "2nd" }] }, ""],
  ])("stays unseen when it is added to by %s", async (_name, input, end) => {
    await unseen();
    await byTwo("update", { ref: "a", ...input });
    const content = `${BODY.replace("Third", "3rd").replace("Second", "edits" in input ? "2nd" : "Second")}${end}`;
    await byTwo("update", { ref: "a", content });
    expect((await entry()).content).toBe(content.replace("First", "FIRST"));
  });

  it("is not replaced by the second of two changes in one bulk", async () => {
    await unseen();
    const items = [
      { op: "update", ref: "a", add_tags: ["x"] },
      { op: "update", ref: "a", content: "Other." },
    ];
    expect(await code(byTwo("bulk", { items }))).toBe("stale_version");
    expect(await code(bench.call("bulk", { items }, TWO, { texts: new KnownTexts() }))).toBe("stale_version");
    await byTwo("get", { refs: ["a"] });
    expect(await byTwo("bulk", { items })).toMatchObject({ results: [{ change: "updated" }, { change: "updated" }] });
  });

  it("is not moved, replaced or deleted by whoever was only told that theirs was merged with it", async () => {
    await unseen();
    const content = BODY.replace("Third", "3rd");
    expect(await byTwo("update", { ref: "a", content })).toMatchObject({ merged: true });
    expect(await code(byTwo("update", { ref: "a", content, set: { name: "b" } }))).toBe("stale_version");
    expect(await code(byTwo("delete", { ref: "a", purge: true }))).toBe("stale_version");
    await byTwo("get", { refs: ["a"] });
    expect(await byTwo("delete", { ref: "a", purge: true })).toMatchObject({ change: "deleted" });
  });
});

describe("a conflict", () => {
  /** Two writers change one entry side by side; gives the conflict's id. `b` is what the first one wrote. */
  async function contested(a: Json, b: Json, saved: Json = {}) {
    const { version } = await bench.call("save", { title: "A", content: BODY, ...saved }, ONE);
    await bench.call("update", { ref: "a", base_version: version, ...b }, ONE);
    const again = () => bench.call("update", { ref: "a", base_version: version, ...a }, TWO);
    return { id: String((await again()).conflict), again };
  }

  it("on top of a text that was merged takes both without what neither changed", async () => {
    await unseen();
    await byTwo("update", { ref: "a", content: BODY.replace("Third", "3rd") });
    await bench.call("update", { ref: "a", edits: [{ old: "Second", new: "2nd" }] }, ONE);
    const mine = BODY.replace("Third", "3rd").replace("Second", "Zweite");
    const { conflict } = await byTwo("update", { ref: "a", content: mine });
    await bench.call("conflict resolve", { id: conflict, take: "both" });
    expect((await entry()).content).toBe("FIRST line.\n\nZweite line.\n2nd line.\n\n3rd line.");
  });

  it("that is there again after it was resolved is open", async () => {
    const { id, again } = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    await bench.call("conflict resolve", { id, take: "b" });
    expect(await again()).toMatchObject({ conflict: id });
    expect(await bench.call("conflict list")).toMatchObject({ conflicts: [{ id, resolved: false }] });
    expect(await entry()).toMatchObject({ conflict: id });
    await bench.call("conflict resolve", { id, take: "b" });
    expect((await entry()).fields).toMatchObject({ importance: 0.9 });
  });

  it("is told where one took an item away that the other changed", async () => {
    await bench.call("save", { title: "X", content: "x" }, ONE);
    const saved = { fields: { relations: [relation("n")] } };
    const { id } = await contested({ set: { relations: null } }, { set: { relations: [relation("one")] } }, saved);
    expect(await bench.call("conflict list")).toMatchObject({ conflicts: [{ id, fields: ["relations"] }] });
  });

  it("that is settled for what stayed leaves what was changed since", async () => {
    const { id } = await contested({ set: { importance: 0.1 } }, { set: { importance: 0.9 } });
    await bench.call("update", { ref: "a", base_version: (await entry()).version, set: { importance: 0.7 } }, ONE);
    expect(await bench.call("conflict resolve", { id, take: "a" })).toMatchObject({ change: "unchanged" });
    expect((await entry()).fields).toMatchObject({ importance: 0.7 });
  });

  it.each([
    [
      "of many bytes",
      Array.from({ length: 50 }, () => "界".repeat(1_990)).join("\n"),
      Array.from({ length: 50 }, () => "世".repeat(1_990)).join("\n"),
    ],
    ["of many lines beside a short one", Array.from({ length: 45_000 }, (_, at) => at % 7).join("\n"), "Short."],
  ])("about a text %s is on record, and each side can be had", async (_name, long, other) => {
    const { id } = await contested({ content: other }, { content: long });
    expect(await bench.call("conflict list")).toMatchObject({ conflicts: [{ id }], total: 1 });
    await bench.call("conflict resolve", { id, take: "b" });
    expect((await entry()).content === long).toBe(true);
  });
});
