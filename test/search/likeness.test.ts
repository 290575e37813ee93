import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Gist, gistOf, likeness } from "../../src/search/likeness.js";
import { CHOSEN_ON, HELD_OUT, type Texts } from "./pattern-texts.js";

const gist = (text: string): Gist => gistOf([{ text, weight: 1 }]);

interface Scored {
  readonly score: number;
  readonly same: boolean;
}

/** Every pattern with every other, and every situation with every pattern. */
function scores({ patterns, situations }: Texts): Scored[] {
  const gists = patterns.map(([group, title, tags, body]) => ({
    group,
    gist: gistOf([
      { text: title, weight: 2 },
      { text: `${tags}\n\n${body}`, weight: 1 },
    ]),
  }));
  const pairs = gists.flatMap((one, at) =>
    gists.slice(0, at).map((other) => ({
      score: likeness(one.gist, other.gist).score,
      same: one.group === other.group,
    })),
  );
  const asked = situations.flatMap(([group, text]) =>
    gists.map((one) => ({ score: likeness(gist(text), one.gist).score, same: one.group === group })),
  );
  return [...pairs, ...asked];
}

function quality(all: readonly Scored[], least: number) {
  const found = all.filter(({ score }) => score >= least);
  const right = found.filter(({ same }) => same).length;
  return { precision: right / found.length, recall: right / all.filter(({ same }) => same).length };
}

describe("likeness", () => {
  it.each([
    ["the texts it was chosen on", CHOSEN_ON, 0.84, 0.66],
    ["texts on other subjects", HELD_OUT, 0.88, 0.55],
  ])("parts what is about one thing from the rest at 0.7, on %s", (_, texts, precision, recall) => {
    const all = scores(texts);
    const usual = quality(all, 0.7);
    expect(usual.precision).toBeGreaterThanOrEqual(precision - 0.005);
    expect(usual.recall).toBeGreaterThanOrEqual(recall);
    // Who wants more gets more that is right and more that is not; who wants less gets hardly anything that is not.
    expect(quality(all, 0.5).recall).toBeGreaterThan(0.8);
    expect(quality(all, 0.8).precision).toBeGreaterThan(0.95);
  });

  it.each([CHOSEN_ON, HELD_OUT])("has a pattern that answers first for every situation that one answers", (texts) => {
    const gists = texts.patterns.map(([group, title, tags, body]) => ({
      group,
      gist: gistOf([
        { text: title, weight: 2 },
        { text: `${tags}\n\n${body}`, weight: 1 },
      ]),
    }));
    for (const [group, text] of texts.situations) {
      if (group === "none") continue;
      const scored = gists.map((one) => ({ group: one.group, ...likeness(gist(text), one.gist) }));
      expect([text, scored.sort((a, b) => b.score - a.score)[0]?.group]).toEqual([text, group]);
    }
  });

  it("names the shared words as they are written, strongest first", () => {
    const one = gistOf([
      { text: "Retry calls", weight: 2 },
      { text: "The payment provider fails now and then; retrying helps.", weight: 1 },
    ]);
    const other = gist("How do we retry when payments fail?");
    expect(likeness(one, other).shared).toEqual(["retry", "fails", "payment"]);
    expect(likeness(gist("Cache-aside"), gist("cache-aside")).shared).toEqual(["aside", "cache", "cache-aside"]);
    expect(likeness(one, gist("Tabs or spaces"))).toEqual({ score: 0, shared: [] });
    expect(likeness(gist(""), one)).toEqual({ score: 0, shared: [] });
    expect(likeness(gist("失敗したら再試行する"), gist("再試行の間隔を延ばす")).score).toBeGreaterThan(0);
  });

  it("is 1 for a text and itself, the same both ways, and never outside of 0–1", () => {
    const word = fc.constantFrom("retry", "queue", "cache", "deploy", "test", "rename-column", "the", "Größe");
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [one, other] = [gist(a), gist(b)];
        const { score, shared } = likeness(one, other);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(score > 0).toBe(shared.length > 0);
        expect(likeness(other, one).score).toBe(score);
        expect(likeness(one, one).score).toBe(one.terms.size > 0 ? 1 : 0);
      }),
    );
  });
});
