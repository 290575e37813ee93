import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const outside = /^(Nothing was written: |1 of 2 cannot be done).*(files|applies_to)\[\d\] must /;
const fields = { files: ["src/a.ts#L1", "/etc/passwd"] };

describe("a path outside the repository", () => {
  it.each<[string, Json]>([
    ["save", { title: "T", content: "t", applies_to: ["../x/**"] }],
    ["save", { title: "T", content: "t", fields }],
    ["update", { ref: "a", set: { files: ["src/../../x"] } }],
    ["update", { ref: "a", set: { applies_to: ["src/**", "C:/x/**"], name: "b" } }],
    [
      "bulk",
      {
        items: [
          { op: "update", ref: "a", append: "x" },
          { op: "save", title: "T", content: "t", fields },
        ],
      },
    ],
  ])("is refused by %s, and nothing is written: %j", async (verb, input) => {
    await bench.call("save", { title: "A", content: "a", fields: { files: ["src/a.ts"] } });
    const before = bench.trace();
    const { message, data } = await bench.refused(verb, input, "invalid_input");
    expect(message).toMatch(outside);
    expect(JSON.stringify(data)).toMatch(/"field":"(files|applies_to)\[\d\]"/);
    expect(bench.trace()).toEqual(before);
  });

  it("of one machine stays in the store of the person", async () => {
    const saved = await bench.call("save", { title: "Mine", content: "m", scope: "personal", fields });
    expect(saved).toMatchObject({ store: "personal" });
    const above = { title: "Above", content: "x", scope: "personal", applies_to: ["../**"] };
    expect((await bench.refused("save", above, "invalid_input")).message).toMatch(outside);
    const before = bench.trace();
    const move = { ref: "global:memories/mine", set: { scope: "project" } };
    expect((await bench.refused("update", move, "invalid_input")).message).toMatch(outside);
    expect(bench.trace()).toEqual(before);
    expect(fs.existsSync(path.join(bench.personal, "memories/mine.md"))).toBe(true);
  });

  it("that a person wrote is told by check, and does not keep the entry from being changed", async () => {
    await bench.hand("memories/odd.md", entryText("applies_to: ['/srv/**']\nfiles: [../x]", "Odd."));
    await bench.hand("memories/fine.md", entryText("files: [src/a.ts]", "Fine."));
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    expect(findings.map(({ path: at, line, rule, message }) => [at, line, rule, message])).toEqual([
      ["memories/odd.md", 2, "field", expect.stringMatching(/^applies_to\[0\] must be relative to the repository/)],
      ["memories/odd.md", 3, "field", 'files[0] must not hold ".."'],
    ]);
    const { version } = await bench.call("update", { ref: "odd", append: "More.", add_tags: ["x"] });
    await bench.call("update", { ref: "odd", set: { files: null } });
    const again = { ref: "odd", version };
    expect((await bench.refused("history restore", again, "invalid_input")).message).toMatch(outside);
  });
});
