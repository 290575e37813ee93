import { describe, expect, it } from "vitest";
import { pathState } from "../../src/store/path-state.js";

describe("what a path's three states mean", () => {
  it.each([
    ["rest", "a", "a", undefined],
    ["rest", "a", "a", "a"],
    ["rest", null, null, null],
    ["written", "b", "a", "b"],
    ["written", "b", null, "b"],
    ["written", null, "a", null],
    ["moved", "a", "a", "b"],
    ["moved", null, null, "b"],
    ["moved", "a", "a", null],
    ["edited", "c", "a", "b"],
    ["edited", "c", null, undefined],
    ["edited", "c", "a", null],
    ["removed", null, "a", "a"],
    ["removed", null, "a", undefined],
    ["removed", null, "a", "b"],
    ["rest", "a", undefined, "a"],
    ["rest", "a", undefined, undefined],
    ["edited", "c", undefined, "a"],
    ["removed", null, undefined, "a"],
  ] as const)("%s: W %s, H %s, J %s", (state, work, head, journal) => {
    expect(pathState({ work, head, journal })).toBe(state);
  });
});
