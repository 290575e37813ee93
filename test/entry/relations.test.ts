import { describe, expect, it } from "vitest";
import { RELATION_TYPES, readType, shortIn, targetAddress } from "../../src/entry/relations.js";

describe("readType", () => {
  it("knows twins, does not mind letter case, and takes any other word as it is", () => {
    for (const type of RELATION_TYPES) expect(readType(type)).toEqual({ type, inverse: false });
    expect(readType("Relates_To ")).toEqual({ type: "related_to", inverse: false });
    expect(readType("resolved_by")).toEqual({ type: "resolves", inverse: true });
    expect(readType("inspired-by")).toEqual({ type: "inspired-by", inverse: false });
  });
});

describe("targetAddress", () => {
  it.each([
    ["guidelines/x", "project/api:guidelines/x"],
    ["guideline/deep/x", "project/api:guidelines/deep/x"],
    ["personal:tools/x", "global:tools/x"],
    ["project/acme/web:memories/x", "project/acme/web:memories/x"],
    ["org/acme:", "org/acme:"],
    ["x", undefined],
    ["018e0d39-12e8-7000-8000-000000000001", undefined],
    ["https://example.org/memories/x", undefined],
    ["memories/../x", undefined],
    ["nowhere/x", undefined],
    ["", undefined],
  ])("%s in project/api is %s", (target, address) => {
    expect(targetAddress(target, "project/api")).toBe(address);
  });
});

describe("shortIn", () => {
  it("leaves out the scope that goes without saying, and is read back the same", () => {
    expect(shortIn("org/acme", "org/acme:tools/x")).toBe("tools/x");
    expect(shortIn("org/acme", "org/acme2:tools/x")).toBe("org/acme2:tools/x");
    expect(shortIn("org/acme", "org/acme:")).toBe("org/acme:");
    for (const address of ["org/acme:tools/x", "global:tools/x", "org/acme:"])
      expect(targetAddress(shortIn("org/acme", address), "org/acme")).toBe(address);
  });
});
