import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../src/config/settings.js";

describe("resolveSettings", () => {
  it("takes the strongest place that says something", () => {
    const store = { commit: "each", response_format: "detailed" };
    const personal = { response_format: "json" };
    const env = { GIT_MEMORY_COMMIT: "journal", GIT_MEMORY_RESPONSE_FORMAT: "" };
    expect(resolveSettings({})).toEqual({
      commit: { value: "journal", source: "default" },
      response_format: { value: "concise", source: "default" },
    });
    expect(resolveSettings({ defaults: { commit: "each" } }).commit).toEqual({ value: "each", source: "default" });
    expect(resolveSettings({ store }).commit).toEqual({ value: "each", source: "store" });
    expect(resolveSettings({ store, personal }).response_format).toEqual({ value: "json", source: "personal" });
    expect(resolveSettings({ store, env }).commit).toEqual({ value: "journal", source: "env" });
    expect(resolveSettings({ store, env }).response_format).toEqual({ value: "detailed", source: "store" });
    expect(resolveSettings({ flags: { commit: "each" }, env }).commit).toEqual({ value: "each", source: "flag" });
  });

  it.each([
    [{ flags: { response_format: "xml" } }, /--response-format must be one of concise, detailed, json/],
    [{ env: { GIT_MEMORY_COMMIT: "never" } }, /GIT_MEMORY_COMMIT must be one of journal, each/],
    [{ personal: { commit: true } }, /your own memory.yaml/],
    [{ store: { commit: null } }, /store's memory.yaml/],
  ])("refuses a wrong value and names its place", (inputs, message) => {
    expect(() => resolveSettings(inputs)).toThrow(
      expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(message) }),
    );
  });
});
