import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ParsedQuery, parseQuery } from "../../src/search/query.js";
import { indexOf } from "./states.js";

function brief({ wanted, phrases, excluded }: ParsedQuery): string[] {
  const say = (mark: string) => (item: ParsedQuery["wanted"][number]) =>
    `${mark}${item.field ? `${item.field}=` : ""}${item.text}${item.prefix ? "*" : ""}`;
  return [...wanted.map(say("")), ...phrases.map(say('"')), ...excluded.map(say("-"))];
}

describe("parseQuery", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["postgres billing", ["postgres", "billing"]],
    ['"retry policy" http', ["retry policy", "http", '"retry policy']],
    ["postgres -mysql", ["postgres", "-mysql"]],
    ["-mysql", ["mysql"]],
    ["-mysql -oracle", ["mysql", "oracle"]],
    ["postgres -", ["postgres", "-"]],
    ["well-known", ["well-known"]],
    ["npm install --save-dev", ["npm", "install", "--save-dev"]],
    ["git commit -m fix", ["git", "commit", "-m", "fix"]],
    ["run -1", ["run", "-1"]],
    ["config*", ["config*"]],
    ["a*", ["a*"]],
    ["*", []],
    ["title:postgres tag:db", ["title=postgres", "tags=db"]],
    ['title:"use postgres"', ["title=use postgres", '"title=use postgres']],
    ["db -tag:old", ["db", "-tags=old"]],
    ["xyz:abc", ["xyz:abc"]],
    ["foo::bar http://x a -> b", ["foo::bar", "http://x", "a", "->", "b"]],
    ["name::x", ["name::x"]],
    ['say "hello', ["say", '"hello']],
    ['print("a", "b")', ['print("a",', "b", ")", '"b']],
    ['""', []],
    ["one\n-const x", ["one\n-const x"]],
  ])("%j", (query, expected) => {
    expect(brief(parseQuery(query))).toEqual(expected);
  });

  test("no text throws or excludes everything, in parsing and in searching", async () => {
    const index = indexOf({ name: "a", body: "some words about a title" }, { name: "b", body: "数据库 naïve 1.2.3" });
    const part = fc.constantFrom(
      '"',
      "-",
      "*",
      ":",
      "title:",
      "tag:",
      " ",
      "\n",
      "word",
      "some",
      "数据",
      "::",
      "->",
      "'",
    );
    const query = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(part).map((parts) => parts.join("")),
    );
    await fc.assert(
      fc.asyncProperty(query, async (text) => {
        const { wanted, excluded } = parseQuery(text);
        expect(excluded.length === 0 || wanted.length > 0).toBe(true);
        const { hits, total } = await index.search({ query: text, explain: true });
        expect(hits.length).toBe(Math.min(total, 10));
        for (const { score } of hits) expect(score >= 0 && score <= 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test("takes a pasted sentence with flags as plain text", () => {
  const words = "move the old test suites to the new runner with -Force and -Invoke as the manual says so please";
  expect(parseQuery(words)).toEqual({ wanted: [{ text: words }], phrases: [], excluded: [] });
});
