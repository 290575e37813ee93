import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { risingProgress } from "../../src/transports/mcp/progress.js";

describe("the progress of a call", () => {
  it("is not counted when nobody wants to know", () => {
    expect(risingProgress(undefined)).toBeUndefined();
  });

  it("only rises, never goes beyond its total, and is told at the end of every count", () => {
    const count = fc.record({
      total: fc.option(fc.nat(50), { nil: undefined }),
      message: fc.constantFrom("a", "b", "c"),
    });
    fc.assert(
      fc.property(fc.array(count, { maxLength: 8 }), (counts) => {
        const told: [number, number | undefined][] = [];
        const progress = risingProgress((value, total) => told.push([value, total]))!;
        let before = "";
        for (const { total, message } of counts) {
          for (let done = 0; done <= (total ?? 20); done++) progress(done, total, message);
          const another = message !== before;
          before = message;
          if (another && total !== undefined) expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1]);
        }
        told.forEach(([value, total], at) => {
          expect(value).toBeGreaterThan(told[at - 1]?.[0] ?? -1);
          if (total !== undefined) expect(value).toBeLessThanOrEqual(total);
        });
      }),
    );
  });
});
