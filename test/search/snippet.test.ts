import { describe, expect, test } from "vitest";
import { snippet } from "../../src/search/snippet.js";
import { indexOf } from "./states.js";

const filler = "Lorem ipsum dolor sit amet consetetur. ".repeat(20);

describe("snippet", () => {
  test("a short body comes whole, on one line, without Markdown marks", () => {
    expect(snippet("# Title\n\n- **bold** `code`\n- [link](http://x)\n", [])).toBe("Title bold code link");
    expect(snippet("", [])).toBe("");
  });

  test("without a match it is the beginning", () => {
    const text = snippet(filler, [{ text: "absent", weight: 1 }]);
    expect(text.startsWith("Lorem ipsum")).toBe(true);
    expect(text.endsWith(" …")).toBe(true);
    expect(text.length).toBeLessThan(210);
  });

  test("prefers the place with the most different matches, cut at words", () => {
    const body = `${filler}retry retry retry. ${filler}The retry uses a backoff here. ${filler}`;
    const text = snippet(body, [
      { text: "retri", weight: 1 },
      { text: "retry", weight: 1 },
      { text: "backoff", weight: 2 },
    ]);
    expect(text).toContain("The retry uses a backoff here.");
    expect(text.startsWith("… ")).toBe(true);
    for (const word of text.replaceAll("…", "").trim().split(" ")) expect(body.split(/\s+/)).toContain(word);
  });

  test("finds words inside text without spaces, never inside other words", () => {
    expect(snippet(`${"文".repeat(300)}数据库${"字".repeat(300)}`, [{ text: "数据", weight: 1 }])).toContain("数据库");
    expect(snippet(`${filler}concat ${filler} a cat`, [{ text: "cat", weight: 1 }])).toContain("a cat");
  });
});

test("a hit shows its summary, or else its body, or nothing when that is gone", async () => {
  const index = indexOf(
    { name: "a", body: `${filler} The naïve approach fails.` },
    { name: "b", body: "naive text", fields: { summary: "A naive summary." } },
    { name: "c", title: "naive title" },
  );
  const { hits } = await index.search({ query: "naïve" });
  const shown = Object.fromEntries(hits.map(({ entry, snippet: text }) => [entry.name, text]));
  expect(shown.a).toContain("The naïve approach fails.");
  expect(shown.b).toBe("A naive summary.");
  expect(shown.c).toBeUndefined();
});
