import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
  await bench.call("save", { title: "There", content: "there" });
});
afterAll(() => bench.close());

const text = (length: number): string => "x".repeat(length);
const big = (bytes: number): Json => ({ value: text(bytes - '{"value":""}'.length) });
const of = (kind: string, fields: Json): Json => ({ kind, fields });

describe("limits", () => {
  it.each<[string, Json, Json]>([
    ["content", { content: text(100_001) }, { limit: 100_000, size: 100_001 }],
    ["title", { title: text(201) }, {}],
    ["title", { title: "" }, {}],
    ["title", { title: " \n " }, {}],
    ["tags", { tags: Array.from({ length: 51 }, (_, at) => `t${at}`) }, {}],
    ["tags.0", { tags: [text(65)] }, {}],
    ["summary", of("memory", { summary: text(501) }), { limit: 500, size: 501 }],
    ["source", of("memory", { source: text(2_001) }), { limit: 2_000, size: 2_001 }],
    ["importance", of("memory", { importance: 1.1 }), {}],
    ["importance", of("memory", { importance: "0.5" }), {}],
    ["valid_until", of("memory", { valid_until: "next week" }), {}],
    ["rationale", of("guideline", { rationale: text(5_001) }), { limit: 5_000, size: 5_001 }],
    ["priority", of("guideline", { priority: 50.5 }), {}],
    ["priority", of("guideline", { priority: 101 }), {}],
    ["examples", of("guideline", { examples: { good: [text(100_001)] } }), { limit: 100_000 }],
    ["parameters", of("tool", { parameters: big(50_001) }), { limit: 50_000, size: 50_001 }],
    ["category", { kind: "tool", category: "decision" }, {}],
    ["data", of("pattern", { data: big(50_001) }), { limit: 50_000, size: 50_001 }],
    ["outcomes", of("pattern", { outcomes: [{ result: "maybe" }] }), {}],
    ["relations", of("memory", { relations: [{ type: "x" }] }), {}],
    ["id", of("memory", { id: "01900000-0000-7000-8000-00000000000a" }), {}],
    ["private", of("memory", { private: true }), {}],
  ])("refuses %s of %j", async (field, input, data) => {
    const before = bench.trace();
    const error = await bench.refused("save", { title: "T", content: "c", ...input }, "invalid_input");
    expect(error.data).toMatchObject({ field, ...data });
    expect(error.message).toContain(field.split(".")[0]);
    if (data.limit !== undefined) expect(error.message).toContain(String(data.limit));
    expect(error.message.length).toBeLessThan(1_000);
    expect(bench.trace()).toEqual(before);
  });

  it.each<[string, Json]>([
    ["content", { content: `${text(99_990)} at most` }],
    ["title", { title: text(200) }],
    ["title of wide letters", { title: "語".repeat(200) }],
    ["tags", { tags: Array.from({ length: 50 }, (_, at) => `${at}`.padStart(64, "t")) }],
    ["parameters", of("tool", { parameters: big(50_000) })],
  ])("takes as much as it says of %s", async (what, input) => {
    await bench.call("save", { title: what, content: `c ${what}`, ...input });
  });

  it.each<[string, Json, string]>([
    ["a memory", of("memory", { priority: 3 }), 'A memory has no field "priority"; it belongs to guideline.'],
    ["a tool", of("tool", { importance: 1 }), 'A tool has no field "importance"; it belongs to memory and pattern.'],
    ["a guideline", of("guideline", { parameters: {} }), 'A guideline has no field "parameters"; it belongs to tool.'],
  ])("says of a field that %s lacks whose it is", async (_what, input, message) => {
    const error = await bench.refused("save", { title: "T", content: "c", ...input }, "invalid_input");
    expect(error.message).toBe(message);
  });

  it("lists the fields for one that nobody has", async () => {
    const error = await bench.refused("save", { title: "T", content: "c", topics: "x" }, "invalid_input");
    expect(error.message).toBe(`save has no field "topics". It takes ${(error.data.fields as string[]).join(", ")}.`);
    const inner = await bench.refused("save", { title: "T", content: "c", fields: { colour: 1 } }, "invalid_input");
    expect(inner.message).toMatch(/^A memory has no field "colour"; known are id, title, topic, /);
  });

  it.each<[string, Json]>([
    ["a NUL", { content: "a\u0000b" }],
    ["half a character", { content: "a\ud800b" }],
    ["a NUL in a field", { fields: { source: "a\u0000b" } }],
    ["two lines in a tag", { tags: ["a\nb"] }],
    [
      "values nested too deep",
      { kind: "tool", fields: { parameters: JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) } },
    ],
  ])("refuses %s", async (_what, input) => {
    const before = bench.trace();
    await bench.refused("save", { title: "T", content: "c", ...input }, "invalid_input");
    expect(bench.trace()).toEqual(before);
  });

  it("keeps texts that look like something else exactly as they are", async () => {
    const content =
      "---\nno: front matter\n---\n\n- a list\n\n\t\tcode  \n\n<!-- & -->\n# `x` \\ \"q\" 'q' %s {x} [[wiki]]";
    const title = "yes: no # 'quoted' \"x\" [a] {b} - *c &d !e |f >g %h @i `j";
    const saved = await bench.call("save", {
      title,
      content,
      fields: { source: "2024-01-01" },
      tags: ["1", "true", "~"],
    });
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: [String(saved.id)] });
    expect(entries[0]).toMatchObject({ title, content, tags: ["1", "true", "~"], fields: { source: "2024-01-01" } });
    expect(entries[0]).not.toHaveProperty("problems");
  });
});
