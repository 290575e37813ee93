import { describe, expect, it } from "vitest";
import { defaultOf, isPersonal, resolveSettings, SETTING_KEYS, SETTINGS } from "../../src/config/settings.js";

const USUAL = {
  commit: "journal",
  response_format: "concise",
  sessions: "personal",
  check_max_new: 50,
  check_similarity: 0.85,
  memory_decay_enabled: true,
  default_decay_rate: 0.1,
  max_memories_per_session: 1_000,
  semantic_search_threshold: 0.7,
  auto_categorization_enabled: true,
  conflict_window_ms: 5_000,
  embedder: "auto",
  embedder_url: "",
  embedder_model: "",
  review: "none",
  usage: "on",
  audit: "on",
};

describe("resolveSettings", () => {
  it("takes the strongest place that says something", () => {
    const store = { commit: "each", response_format: "detailed" };
    const personal = { response_format: "json" };
    const env = { GIT_MEMORY_COMMIT: "journal", GIT_MEMORY_RESPONSE_FORMAT: "" };
    expect(resolveSettings({})).toEqual(
      Object.fromEntries(Object.entries(USUAL).map(([key, value]) => [key, { value, source: "default" }])),
    );
    expect(SETTING_KEYS.map((key) => [key, defaultOf(key)])).toEqual(Object.entries(USUAL));
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

  it("takes true and false as texts from the environment and the command line, and as booleans from manifests", () => {
    const env = { GIT_MEMORY_MEMORY_DECAY_ENABLED: "false", GIT_MEMORY_AUTO_CATEGORIZATION_ENABLED: "true" };
    expect(resolveSettings({ env, store: { auto_categorization_enabled: false } })).toMatchObject({
      memory_decay_enabled: { value: false, source: "env" },
      auto_categorization_enabled: { value: true, source: "env" },
    });
    expect(resolveSettings({ store: { auto_categorization_enabled: false } }).auto_categorization_enabled).toEqual({
      value: false,
      source: "store",
    });
  });

  it("takes from a checked-in manifest whatever is not the person's own to say", () => {
    expect(SETTING_KEYS.filter(isPersonal)).toEqual(["embedder", "embedder_url", "embedder_model", "usage", "audit"]);
    const store = {
      usage: "off",
      review: "required",
      embedder: "openai",
      embedder_url: "https://elsewhere.example/v1",
    };
    expect(resolveSettings({ store })).toMatchObject({
      embedder: { value: "auto", source: "default" },
      embedder_url: { value: "", source: "default" },
    });
    expect(resolveSettings({ store })).toMatchObject({
      usage: { value: "on", source: "default" },
      review: { value: "required", source: "store" },
    });
    expect(resolveSettings({ store: { usage: "on" }, personal: { usage: "off" } }).usage).toEqual({
      value: "off",
      source: "personal",
    });
    expect(resolveSettings({ personal: { usage: "on" }, env: { GIT_MEMORY_USAGE: "off" } }).usage.source).toBe("env");
  });

  it("says what each is for", () => {
    for (const key of SETTING_KEYS) expect(SETTINGS.shape[key].description?.length).toBeGreaterThan(20);
  });

  it.each([
    [{ env: { GIT_MEMORY_MEMORY_DECAY_ENABLED: "yes" } }, /GIT_MEMORY_MEMORY_DECAY_ENABLED must be true or false/],
    [{ store: { memory_decay_enabled: "true" } }, /must be true or false/],
    [{ flags: { default_decay_rate: "1.5" } }, /--default-decay-rate must be a number from 0 to 1/],
    [{ personal: { conflict_window_ms: 1.5 } }, /must be a whole number from 0 to/],
    [{ personal: { usage: "never" } }, /must be one of on, off/],
    [{ flags: { response_format: "xml" } }, /--response-format must be one of concise, detailed, json/],
    [{ env: { GIT_MEMORY_COMMIT: "never" } }, /GIT_MEMORY_COMMIT must be one of journal, each/],
    [{ env: { GIT_MEMORY_EMBEDDER_URL: "file:///etc" } }, /must be an address that begins with http/],
    [{ personal: { embedder_url: "https://me:word@elsewhere.example" } }, /and names no user/],
    [{ personal: { embedder_model: "two words" } }, /must be a text without spaces, of at most 500 characters/],
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
