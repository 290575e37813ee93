import { describe, expect, it } from "vitest";
import { editEntry, parseEntry } from "../../src/entry/markdown.js";
import { nextSteps } from "../../src/setup/init.js";
import { INSTRUCTIONS } from "../../src/setup/instructions.js";
import { STARTER } from "../../src/setup/starter.js";

describe("the starter guideline", () => {
  it("is a good entry", () => {
    const at = { kind: "guideline", scope: "project/x", name: STARTER.name } as const;
    const bytes = editEntry(null, { set: { title: STARTER.title }, content: STARTER.content }, at);
    expect(parseEntry(bytes, at)).toMatchObject({ kind: "entry", entry: { title: STARTER.title, problems: [] } });
  });

  it("says what the instructions say", () => {
    const words = (text: string) => text.replace(/\s+/g, " ").toLowerCase();
    for (const rule of [
      "save only what a colleague needs in a month and cannot see in the code or its log",
      "never progress, to-dos, summaries",
      "update rather than add",
    ]) {
      expect(words(STARTER.content)).toContain(rule);
      expect(words(INSTRUCTIONS)).toContain(rule);
    }
  });
});

describe("the next steps", () => {
  it("are commands in the form in which the program was started", () => {
    const result = {
      root: "/r",
      kind: "checked-in",
      scope: "project/x",
      made: [],
      mergeDriver: false,
      warnings: [],
    } as const;
    const text = nextSteps(result, "npx -y git-memory").join("\n");
    expect(text).toContain("git add .memory && git commit");
    expect(text).toContain("npx -y git-memory save");
    expect(text).not.toMatch(/^\s+git memory/m);
    expect(nextSteps({ ...result, kind: "own" }, "git memory").join("\n")).not.toContain("git add");
  });
});
