import { describe, expect, it } from "vitest";
import { floorFor } from "../../src/search/ranking.js";
import { indexOf, names } from "./states.js";

describe("the score floor", () => {
  it("grows with the store, within bounds", () => {
    expect(floorFor(1)).toBe(0.05);
    expect(floorFor(30)).toBe(0.05);
    expect(floorFor(1_000)).toBeCloseTo(0.125, 10);
    expect(floorFor(100_000)).toBe(0.15);
  });

  it("answers nothing when only one common word of a long query is known, and min_score overrides it", async () => {
    const body = (number: number) => `the deployment of service number ${number} runs on every tuesday`;
    const index = indexOf(...Array.from({ length: 500 }, (_, number) => ({ name: `n${number}`, body: body(number) })));
    const query = "deployment chocolate hazelnut pancakes breakfast recipe flour sugar vanilla butter";
    expect(await names(index, { query })).toEqual([]);
    expect(await names(index, { query, min_score: 0 })).toHaveLength(10);
  });
});
