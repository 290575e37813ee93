import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonDepth, jsonFault } from "../../../src/transports/http/json-fault.js";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** True when the engine finds nothing wrong with a text but that it ends. */
function onlyEnds(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const [, at] = / at position (\d+)/.exec(message) ?? [];
    return message.includes("end of JSON input") || Number(at) >= text.length;
  }
}

describe("jsonFault", () => {
  it.each<[string, number]>([
    ["", 0],
    ["  ", 2],
    ["{", 1],
    ["{,", 1],
    ['{"a":1,}', 7],
    ["[1,]", 3],
    ["[1 2]", 3],
    ['{"a" 1}', 5],
    ["nul", 0],
    ["nullx", 4],
    ["01", 1],
    ["1.", 1],
    ['"\\x"', 1],
    ['"a\nb"', 2],
    ['"abc', 4],
    ["[}", 1],
    ["1]", 1],
    ["'a'", 0],
  ])("of %j is %i", (text, at) => {
    expect(jsonFault(text)).toBe(at);
  });

  it("is the end of every JSON text; in a broken one, what stands before it is sound", () => {
    const put = fc.constantFrom("", ",", "}", "]", '"', "x", "\\", "\u0001", "0", "-", ":", "{");
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(3), put, (json, from, length, sign) => {
        expect(jsonFault(json)).toBe(json.length);
        const start = from % (json.length + 1);
        const broken = json.slice(0, start) + sign + json.slice(start + length);
        const at = jsonFault(broken);
        if (isJson(broken)) expect(at).toBe(broken.length);
        else expect([broken, at, onlyEnds(broken.slice(0, at))]).toEqual([broken, at, true]);
        // Nothing before the change can be at fault.
        expect(at).toBeGreaterThanOrEqual(Math.max(0, start - 5));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("jsonDepth", () => {
  it("counts brackets outside strings", () => {
    expect(["1", "[]", '{"a":[{"b":"[[[["}]}', '"\\"[["', "[[[]],[]]"].map(jsonDepth)).toEqual([0, 1, 3, 0, 3]);
  });
});
