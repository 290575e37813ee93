import { afterEach, beforeEach, expect, it } from "vitest";
import { Bench } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const TEXT = { title: "Switch to Vitest instead of Jest", content: "Its mocks are simpler." };

it("fills in what is clear on save, and says what and why", async () => {
  const saved = await bench.call("save", TEXT);
  expect(saved.categorised).toEqual({
    category: "decision",
    topic: "testing",
    because: expect.stringContaining('testing by "vitest", "jest"'),
  });
  expect(bench.text("memories/switch-to-vitest-instead-of-jest.md")).toMatch(/^topic: testing\ncategory: decision$/m);
  expect(await bench.call("save", { title: "A", content: "a" })).not.toHaveProperty("categorised");
  expect(bench.text("memories/a.md")).not.toMatch(/category|topic/);
});

it("never overrides what its writer says, not even that there is none", async () => {
  const saved = await bench.call("save", { ...TEXT, category: "fact" });
  expect(saved.categorised).toMatchObject({ topic: "testing" });
  expect(saved.categorised).not.toHaveProperty("category");
  expect(bench.text("memories/switch-to-vitest-instead-of-jest.md")).toContain("category: fact");
  const none = { name: "b", fields: { topic: null, category: null }, allow_similar: true };
  expect(await bench.call("save", { ...TEXT, ...none })).not.toHaveProperty("categorised");
  expect(bench.text("memories/b.md")).not.toMatch(/category|topic/);
});

it("fills in on update only what is absent, and only when the text changed", async () => {
  await bench.hand("memories/a.md", "# Nothing to see\n");
  const set = await bench.call("update", { ref: "a", add_tags: ["x"] });
  expect(set).not.toHaveProperty("categorised");
  const append = "We decided to stay with RocksDB rather than write our own.";
  expect((await bench.call("update", { ref: "a", append })).categorised).toMatchObject({ category: "decision" });
  await bench.call("update", { ref: "a", set: { category: "context" } });
  expect(await bench.call("update", { ref: "a", append })).not.toHaveProperty("categorised");
  expect(bench.text("memories/a.md")).toContain("category: context");
});

it("can be switched off, for the store or by the person", async () => {
  await bench.call("admin config_set", { key: "auto_categorization_enabled", value: "false" });
  expect(await bench.call("save", TEXT)).not.toHaveProperty("categorised");
  expect(bench.text("memories/switch-to-vitest-instead-of-jest.md")).not.toMatch(/category|topic/);
});
