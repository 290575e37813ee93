import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckReport, FileChange } from "../../src/reports/check-report.js";
import { inert } from "../../src/reports/markdown-text.js";
import { FORMATS, renderReport } from "../../src/reports/render-report.js";

const HOSTILE = [
  "</details><script>alert(1)</script>",
  "@octocat please look",
  "![x](https://evil.example/pixel.png)",
  "[click](https://evil.example) | a | b |",
  "`code` ``` fence",
  "::error file=x::stolen",
  "##[command]rm",
  "a\nb\r\n::set-output name=x::y\u001b[31m",
  "\u202Etxt.exe #1 GH-1 www.evil.example",
  "# heading *bold* _em_ ~~gone~~ <!-- hidden",
];

const change = (text: string): FileChange => ({
  change: "changed",
  kind: "memory",
  path: `memories/${text}.md`,
  from: `memories/old ${text}.md`,
  address: `memories/${text}`,
  title: text,
  fields: [
    { field: text, before: text, after: [text] },
    { field: "data", after: { [text]: text } },
  ],
  added: 1,
  removed: 0,
  excerpt: `+ ${text}\n- \`\`\`\`\n  </details>`,
});

const report = (texts: readonly string[]): CheckReport => ({
  checked: 3,
  findings: texts.map((text) => ({
    path: `memories/${text}.md`,
    line: 3,
    rule: "dangling",
    message: `leads to ${text}`,
  })),
  base: { ref: "main", commit: "0123456789abcdef0123456789abcdef01234567" },
  changes: texts.map(change),
  fixed: texts.map((text) => ({ path: `memories/${text}.md`, rule: "key", message: text })),
});

/** Markdown without what stands in blocks and spans of code, where nothing is markup. */
function outsideCode(markdown: string): string {
  let fence: string | undefined;
  const lines = markdown.split("\n").filter((line) => {
    const opening = /^(`{3,})(?:diff)?$/.exec(line)?.[1];
    if (fence === undefined && opening !== undefined) {
      fence = opening;
      return false;
    }
    if (fence !== undefined && line === fence) {
      fence = undefined;
      return false;
    }
    return fence === undefined;
  });
  expect(fence).toBeUndefined();
  return lines.map((line) => line.replace(/(?<![\\`])(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, "")).join("\n");
}

describe("the github format", () => {
  const lines = (texts: readonly string[]) => renderReport("github", report(texts), ".memory").split("\n");

  it.each(HOSTILE)("holds only its own commands for %j", (text) => {
    const told = lines([text]);
    const commands = told.filter((line) => line.trimStart().startsWith("::"));
    expect(commands.map((line) => /^::(\w+)/.exec(line)?.[1])).toEqual([
      "error",
      "group",
      "endgroup",
      "group",
      "endgroup",
    ]);
    for (const line of told.filter((one) => !one.startsWith("::"))) expect(line).not.toContain("##[");
  });

  it("escapes as the runner reads it back", () => {
    const [error = ""] = lines(["a,b: 100%\r\nc"]);
    expect(error).toBe(
      "::error file=.memory/memories/a%2Cb%3A 100%25%0D%0Ac.md,line=3,title=git-memory dangling::leads to a,b: 100%25%0D%0Ac",
    );
  });

  it("says the path from the top where the store is the repository", () => {
    expect(renderReport("github", report(["a"]), ".")).toContain("::error file=memories/a.md,line=3,");
  });

  it("never lets a text begin a command (property)", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }), (texts) => {
        const own = /^::(?:error file=[^\n]*|group::[^\n]*|endgroup::)$/;
        const all = lines(texts);
        expect(all.filter((line) => /^\s*::/.test(line) && !own.test(line))).toEqual([]);
        expect(all.filter((line) => line.startsWith("::error ")).length).toBe(texts.length);
      }),
    );
  });
});

describe("the markdown format", () => {
  it.each(HOSTILE)("shows %j and does nothing with it", (text) => {
    const markdown = renderReport("markdown", report([text]), ".memory");
    const live = outsideCode(markdown);
    expect(live.replace(/<\/?(?:details|summary)>/g, "")).not.toMatch(/[<>]/);
    expect(live.match(/<\/?details>/g)).toEqual(["<details>", "</details>"]);
    expect(live).not.toMatch(/@\w/);
    expect(live).not.toMatch(/(?<!\\)#\d/);
    expect(live).not.toMatch(/(?<!\\)[![]\[/);
    expect(live).not.toMatch(/(?<!\\)\]\(/);
    expect(live).not.toMatch(/https?:\/\//);
    expect(live).not.toMatch(/www\.e/);
    // A table row has its three cells and no more.
    const row = markdown.split("\n").find((line) => line.includes("`dangling`")) ?? "";
    expect(row.match(/(?<!\\)\|/g)?.length).toBe(4);
    expect(markdown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
  });

  it("stays below 60,000 characters and says what it left out", () => {
    const many = Array.from({ length: 3_000 }, (_, at) => `entry ${at} ${"x".repeat(100)}`);
    const markdown = renderReport("markdown", report(many), ".memory");
    expect(markdown.length).toBeLessThan(60_000);
    expect(markdown).toMatch(/[\d]+ more findings are left out here\./);
    expect(markdown).toMatch(/[\d]+ more changes are left out here; `git memory check --base` tells all of them\./);
    const { base: _base, changes: _changes, fixed: _fixed, ...only } = report(many);
    const findings = renderReport("markdown", only, ".memory");
    expect(findings.length).toBeLessThan(60_000);
    expect(findings).toContain("more findings are left out");
  });

  it("stays below it for single giants too", () => {
    const giant = report(["y".repeat(80_000)]);
    expect(renderReport("markdown", giant, ".").length).toBeLessThan(60_000);
  });

  it("makes any text inert (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const made = inert(text);
        expect(made).not.toMatch(/[<>\n\r]/);
        expect(made).not.toMatch(/@(?!\u200b)\S/u);
        expect(made.replace(/\\./gs, "").replace(/&(?:amp|lt|gt);/g, "")).not.toMatch(/[\\`*_[\]|]/);
      }),
    );
  });
});

describe("every format", () => {
  it("says that nothing was found", () => {
    const clean: CheckReport = { checked: 1, findings: [] };
    expect(FORMATS.map((format) => renderReport(format, clean, ".memory"))).toEqual([
      "1 entry checked, 0 findings.",
      JSON.stringify(clean, null, 2),
      "## Memory check: 0 findings\n\nNo findings in 1 entry.",
      "1 entry checked, 0 findings.",
    ]);
  });

  it("is JSON for json, also where a text has control characters", () => {
    const odd = report(["\u0085\u001b\u2028"]);
    const text = renderReport("json", odd, ".memory");
    expect(JSON.parse(text)).toEqual(odd);
    expect(text).not.toMatch(/[\u007f-\u009f]/);
  });
});
