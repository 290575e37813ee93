import { expect, test } from "vitest";
import { withinEdits } from "../../src/search/edit-distance.js";
import { parseQuery } from "../../src/search/query.js";
import { TermDictionary } from "../../src/search/term-dictionary.js";
import { TextIndex } from "../../src/search/text-index.js";
import { planText } from "../../src/search/text-plan.js";
import { TextScorer } from "../../src/search/text-scorer.js";

const TITLE = 0;
const BODY = 4;

function scores(index: TextIndex, query: string): Map<number, number> {
  const { slots, scores } = new TextScorer(index).match(planText(parseQuery(query), index), 10_000);
  return new Map(slots.map((slot) => [slot, scores[slot]!]));
}

function filled(...bodies: readonly string[]): TextIndex {
  const index = new TextIndex();
  bodies.forEach((body, n) => {
    index.insert(n + 1, BODY, body);
  });
  return index;
}

test("a rare word counts more than a common one", () => {
  const found = scores(filled("common rare1", "common", "common", "common other"), "common other");
  expect(found.get(4)!).toBeGreaterThan(found.get(1)!);
});

test("more often counts more, in a longer text less", () => {
  const found = scores(filled("word x y z", "word word x y", `word ${"filler ".repeat(40)}`), "word");
  expect(found.get(2)!).toBeGreaterThan(found.get(1)!);
  expect(found.get(1)!).toBeGreaterThan(found.get(3)!);
});

test("a title counts more than a body, and fields saturate together", () => {
  const index = filled("word", "other");
  index.insert(2, TITLE, "word");
  const found = scores(index, "word");
  expect(found.get(2)!).toBeGreaterThan(found.get(1)!);
  for (const score of found.values()) expect(score).toBeLessThan(1);
});

test("removed documents leave frequencies, lengths and terms", () => {
  const grown = filled("alpha beta", "alpha gamma gamma gamma", "delta");
  grown.remove(2);
  grown.remove(99);
  const fresh = new TextIndex();
  fresh.insert(1, BODY, "alpha beta");
  fresh.insert(3, BODY, "delta");
  expect(scores(grown, "alpha delta")).toEqual(scores(fresh, "alpha delta"));
  expect(grown.lookup("gamma")).toBe(-1);
  expect(grown.averageLength(BODY)).toBe(fresh.averageLength(BODY));
});

test("compaction drops the dead: the terms of thousands of updates are not kept", () => {
  const index = filled("stays here");
  for (let n = 0; n < 3000; n++) {
    index.insert(2, BODY, `word${n} other${n}`);
    index.remove(2);
  }
  expect(index.size).toBe(1);
  expect(index.startingWith("word").length).toBeLessThan(200);
  expect([...scores(index, "stay").keys()]).toEqual([1]);
});

test("the dictionary finds every term again, by text and by beginning", () => {
  const dictionary = new TermDictionary();
  const terms = Array.from({ length: 5000 }, (_, n) => `${n % 2 ? "odd" : "数据"}${n}`);
  const numbers = terms.map((term) => dictionary.intern(term));
  expect(new Set(numbers).size).toBe(5000);
  terms.forEach((term, n) => {
    expect(dictionary.find(term)).toBe(numbers[n]);
    expect(dictionary.text(numbers[n]!)).toBe(term);
  });
  expect(dictionary.find("none")).toBe(-1);
  expect(dictionary.startingWith("odd499").map((n) => dictionary.text(n))).toEqual(
    terms.filter((term) => term.startsWith("odd499")),
  );
});

test.each<[string, string, number, boolean]>([
  ["database", "databse", 1, true],
  ["database", "databsae", 1, true],
  ["database", "datab", 2, false],
  ["kubernetes", "kubernets", 1, true],
  ["abc", "xyz", 2, false],
  ["", "ab", 2, true],
])("%s and %s within %i edits: %s", (a, b, limit, expected) => {
  expect(withinEdits(a, b, limit)).toBe(expected);
});
