import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latestFirst, type Outcome, placesOf, rawOutcomes, readOutcomes, usageOf } from "../../src/entry/outcomes.js";

const outcome: fc.Arbitrary<Outcome> = fc.record(
  {
    result: fc.constantFrom("success" as const, "failure" as const),
    project: fc.constantFrom("api", "web", "app"),
    reason: fc.constantFrom("too slow", "fits"),
    at: fc.constantFrom("2024-01-01", "2024-01-02T10:00:00Z", "2024-01-02T11:30:00+02:00"),
  },
  { requiredKeys: ["result"] },
);

describe("outcomes", () => {
  it("are read one by one: odd ones are counted and left out", () => {
    const good = { result: "success", project: "api", mine: 1 };
    const odd = [good, { result: "maybe" }, "x", null, { result: "failure", at: "soon" }];
    expect(readOutcomes({ fields: {}, unknown: { outcomes: odd } })).toEqual({ outcomes: [good], odd: 4 });
    expect(readOutcomes({ fields: { outcomes: [good] }, unknown: {} })).toEqual({ outcomes: [good], odd: 0 });
    expect(readOutcomes({ fields: {}, unknown: {} })).toEqual({ outcomes: [], odd: 0 });
    expect(readOutcomes({ fields: {}, unknown: { outcomes: null } })).toEqual({ outcomes: [], odd: 0 });
    expect(readOutcomes({ fields: {}, unknown: { outcomes: { result: "success" } } })).toEqual({
      outcomes: [],
      odd: 1,
    });
    expect(rawOutcomes({ fields: {}, unknown: { outcomes: "none" } })).toBeUndefined();
  });

  it("give figures that add up, whatever their order", () => {
    fc.assert(
      fc.property(fc.array(outcome), fc.nat(), (all, seed) => {
        const usage = usageOf(all);
        expect(usage.successes + usage.failures).toBe(usage.count);
        expect(usage.count).toBe(all.length);
        if (all.length === 0) expect(usage).not.toHaveProperty("success_rate");
        else expect(Math.abs(usage.success_rate! - usage.successes / usage.count)).toBeLessThanOrEqual(0.0005);
        const places = [...placesOf(all, "success"), ...placesOf(all, "failure")];
        expect(places.reduce((sum, { count }) => sum + count, 0)).toBe(usage.count);
        const turned = [...all.slice(seed % (all.length + 1)), ...all.slice(0, seed % (all.length + 1))];
        expect(usageOf(turned)).toEqual(usage);
        const counts = (list: readonly Outcome[]) =>
          placesOf(list, "failure").map(({ project, count }) => [project, count]);
        expect(counts(turned)).toEqual(counts(all));
      }),
    );
  });

  it("come latest first, by the time and not its text; without a time the last in the file", () => {
    const at = (text?: string): Outcome => ({
      result: "failure",
      ...(text ? { at: text } : {}),
      reason: text ?? "none",
    });
    const all = [at("2024-01-02T10:00:00Z"), at(), at("2024-01-02T11:30:00+02:00"), at("2024-01-03")];
    expect(latestFirst(all).map(({ reason }) => reason)).toEqual([
      "2024-01-03",
      "2024-01-02T10:00:00Z",
      "2024-01-02T11:30:00+02:00",
      "none",
    ]);
    const undated: Outcome[] = [
      { result: "failure", reason: "a" },
      { result: "failure", reason: "b" },
    ];
    expect(placesOf(undated, "failure")).toEqual([{ count: 2, reason: "b" }]);
  });

  it("are told by place: most often first, then by name, without a name last", () => {
    const all: Outcome[] = ["web", "api", undefined, "web"].map((project) => ({
      result: "failure",
      ...(project ? { project } : {}),
    }));
    expect(placesOf(all, "failure")).toEqual([
      { project: "web", count: 2 },
      { project: "api", count: 1 },
      { count: 1 },
    ]);
    expect(placesOf(all, "success")).toEqual([]);
  });
});
