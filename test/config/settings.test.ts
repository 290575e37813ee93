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
      sessions: { value: "personal", source: "default" },
      check_max_new: { value: 50, source: "default" },
      check_similarity: { value: 0.85, source: "default" },
      semantic_search_threshold: { value: 0.7, source: "default" },
    });
    expect(resolveSettings({ defaults: { commit: "each" } }).commit).toEqual({ value: "each", source: "default" });
    expect(resolveSettings({ store }).commit).toEqual({ value: "each", source: "store" });
    expect(resolveSettings({ store, personal }).response_format).toEqual({ value: "json", source: "personal" });
    expect(resolveSettings({ store, env }).commit).toEqual({ value: "journal", source: "env" });
    expect(resolveSettings({ store, env }).response_format).toEqual({ value: "detailed", source: "store" });
    expect(resolveSettings({ flags: { commit: "each" }, env }).commit).toEqual({ value: "each", source: "flag" });
  });

  it("takes numbers from the texts of the environment and the command line", () => {
    const env = { GIT_MEMORY_CHECK_MAX_NEW: " 7 ", GIT_MEMORY_CHECK_SIMILARITY: "0.9" };
    expect(resolveSettings({ env, store: { check_max_new: 3 } })).toMatchObject({
      check_max_new: { value: 7, source: "env" },
      check_similarity: { value: 0.9, source: "env" },
    });
    expect(resolveSettings({ store: { check_max_new: 3 } }).check_max_new).toEqual({ value: 3, source: "store" });
    expect(resolveSettings({ flags: { check_max_new: "4" }, env }).check_max_new).toEqual({ value: 4, source: "flag" });
  });

  it.each([
    [{ flags: { response_format: "xml" } }, /--response-format must be one of concise, detailed, json/],
    [{ env: { GIT_MEMORY_COMMIT: "never" } }, /GIT_MEMORY_COMMIT must be one of journal, each/],
    [{ personal: { commit: true } }, /your own memory.yaml/],
    [{ store: { commit: null } }, /store's memory.yaml/],
    [{ env: { GIT_MEMORY_CHECK_MAX_NEW: "many" } }, /GIT_MEMORY_CHECK_MAX_NEW must be a whole number from 0 to/],
    [{ env: { GIT_MEMORY_CHECK_SIMILARITY: "0x" } }, /must be a number from 0.5 to 1/],
    [{ store: { check_max_new: "7" } }, /check_max_new in the store's memory.yaml must be a whole number/],
    [{ flags: { check_max_new: -1 } }, /--check-max-new must be/],
  ])("refuses a wrong value and names its place", (inputs, message) => {
    expect(() => resolveSettings(inputs)).toThrow(
      expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(message) }),
    );
  });
});
