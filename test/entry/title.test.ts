import { describe, expect, it } from "vitest";
import { titleOf } from "../../src/entry/title.js";

describe("titleOf", () => {
  it.each([
    ["# One\n\n# Two", "One"],
    ["text\n\n### Deep ##\n", "Deep"],
    ["#no space\n   # Indented", "Indented"],
    ["    # code\n\n## Real", "Real"],
    ["```\n# code\n```\n# After", "After"],
    ["~~~~ sh\n# code\n~~~\n# still\n~~~~\n# After", "After"],
    ["Set\n===\n", "Set"],
    ["#\n# \n", "last"],
    ["", "last"],
    ["no heading", "last"],
    [`# ${"😀".repeat(300)}`, "😀".repeat(200)],
  ])("%j gives %j", (body, title) => {
    expect(titleOf(body, "folder/last")).toBe(title);
  });
});
