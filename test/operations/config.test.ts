import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";
import { git, makeOwnStore, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open({ env: { GIT_MEMORY_EMBEDDER: "" } });
});
afterEach(() => bench.close());

/** The person's own manifest. */
const own = (): string => `${bench.personal}/memory.yaml`;

describe("admin config", () => {
  it("lists, shows one, and writes one with every comment kept", async () => {
    const { settings } = await bench.call<{ settings: Json[] }>("admin config_list");
    expect(settings).toMatchObject([
      { key: "commit", value: "journal", source: "default", description: expect.stringContaining("branch") },
      { key: "response_format", value: "concise", source: "default" },
      { key: "sessions", value: "personal" },
      { key: "check_max_new", value: 50, source: "default" },
      { key: "check_similarity", value: 0.85, source: "default" },
      { key: "memory_decay_enabled", value: true },
      { key: "default_decay_rate", value: 0.1 },
      { key: "max_memories_per_session", value: 1_000 },
      { key: "semantic_search_threshold", value: 0.7 },
      { key: "auto_categorization_enabled", value: true },
      { key: "conflict_window_ms", value: 5_000 },
      { key: "embedder", value: "auto" },
      { key: "embedder_url", value: "" },
      { key: "embedder_model", value: "" },
      { key: "review", value: "none" },
      { key: "usage", value: "on" },
      { key: "audit", value: "on" },
    ]);
    for (const one of settings) expect(one).toMatchObject({ default: one.value, source: "default" });
    const text = "# ours\nformat: 1 # one\nscope: project\nname: demo\n\n# how\ncommit: journal\nmine: {a: 1}\n";
    await bench.hand("memory.yaml", text);
    const set = await bench.call("admin config_set", { key: "commit", value: "each" });
    expect(set).toMatchObject({ settings: [{ key: "commit", value: "each", source: "store" }] });
    expect(bench.text("memory.yaml")).toBe(text.replace("commit: journal", "commit: each"));
    expect(await bench.call("admin status")).toMatchObject({ stores: [{ commit: "each" }] });
    await bench.call("admin config_set", { key: "response_format", value: "json" });
    expect(bench.text("memory.yaml")).toContain("# how\ncommit: each\n");
    expect(bench.text("memory.yaml")).toContain("response_format: json");
    expect(await bench.call("admin config_get", { key: "response_format" })).toMatchObject({
      settings: [{ key: "response_format", value: "json", source: "store" }],
    });
  });

  it("writes a number as a number, and refuses what is none", async () => {
    const set = await bench.call("admin config_set", { key: "check_max_new", value: "7" });
    expect(set).toMatchObject({ settings: [{ key: "check_max_new", value: 7, source: "store" }] });
    expect(bench.text("memory.yaml")).toMatch(/^check_max_new: 7$/m);
    for (const value of ["many", "-1", "2.5", ""]) {
      const error = await bench.refused("admin config_set", { key: "check_max_new", value }, "invalid_input");
      expect(error.message).toContain("a whole number from 0 to");
    }
    expect(bench.text("memory.yaml")).toMatch(/^check_max_new: 7$/m);
  });

  it("keeps every other byte of memory.yaml, also on the line it changes", async () => {
    const text = 'format:   1\nscope: "project"\nname: demo\ncommit: journal # how\nmine:   {a: 1}\n';
    await bench.hand("memory.yaml", text);
    await bench.call("admin config_set", { key: "commit", value: "each" });
    expect(bench.text("memory.yaml")).toBe(text.replace("journal", "each"));
  });

  it("refuses unknown keys and values and writes nothing", async () => {
    const before = bench.trace();
    await bench.refused("admin config_get", { key: "colour" }, "invalid_input");
    const error = await bench.refused("admin config_set", { key: "commit", value: "sometimes" }, "invalid_input");
    expect(error.message).toContain("journal, each");
    expect(bench.trace()).toEqual(before);
  });
});

describe("admin config of what counts", () => {
  it("takes a boolean, and takes a value away again", async () => {
    const before = bench.text("memory.yaml");
    const set = await bench.call("admin config_set", { key: "memory_decay_enabled", value: "false" });
    expect(set).toMatchObject({
      settings: [{ key: "memory_decay_enabled", value: false, default: true, source: "store" }],
    });
    expect(bench.text("memory.yaml")).toMatch(/^memory_decay_enabled: false$/m);
    const unset = await bench.call("admin config_set", { key: "memory_decay_enabled", unset: true });
    expect(unset).toMatchObject({ settings: [{ value: true, source: "default" }] });
    expect(bench.text("memory.yaml")).toBe(before);
    const written = bench.journal().length;
    await bench.call("admin config_set", { key: "memory_decay_enabled", unset: true });
    expect(bench.journal()).toHaveLength(written);
    expect(bench.journal().slice(0, 2)).toEqual([
      "memory: unset memory_decay_enabled",
      "memory: set memory_decay_enabled",
    ]);
  });

  it.each([
    [{ key: "usage", value: "off", unset: true, personal: true }, "unset"],
    [{ key: "usage", personal: true }, "value"],
    [{ key: "usage" }, "value"],
  ])("refuses what does not go together: %j", async (input, field) => {
    const before = bench.trace();
    const { data } = await bench.refused("admin config_set", input, "invalid_input");
    expect(data).toEqual({ field });
    expect(bench.trace()).toEqual(before);
  });

  it("writes the person's own settings to their store, and says how to have one", async () => {
    const missing = await bench.refused(
      "admin config_set",
      { key: "usage", value: "off", personal: true },
      "not_found",
    );
    expect(missing.message).toContain("scope personal");
    const text = "format: 1\nscope: global # mine\n";
    put(own(), text);
    const { message } = await bench.refused("admin config_set", { key: "usage", value: "off" }, "invalid_input");
    expect(message).toContain("personal: true");
    const set = await bench.call("admin config_set", { key: "usage", value: "off", personal: true });
    expect(set).toMatchObject({ settings: [{ key: "usage", value: "off", source: "personal" }] });
    expect(fs.readFileSync(own(), "utf8")).toBe(`${text}usage: "off"\n`);
    await bench.call("admin config_set", { key: "usage", unset: true, personal: true });
    expect(fs.readFileSync(own(), "utf8")).toBe(text);
    expect(bench.text("memory.yaml")).not.toContain("usage");
    await bench.hand("memory.yaml", `${bench.text("memory.yaml")}usage: "off"\n`);
    expect(await bench.call("admin config_get", { key: "usage" })).toMatchObject({ settings: [{ value: "on" }] });
  });

  it("is overruled by nearer places, and says which", async () => {
    put(own(), "format: 1\nscope: global\nconflict_window_ms: 7\n");
    const other = await Bench.open({
      dir: bench.dir,
      home: path.dirname(bench.personal),
      env: { GIT_MEMORY_REVIEW: "required" },
    });
    await other.call("admin config_set", { key: "conflict_window_ms", value: "9" });
    const { settings } = await other.call<{ settings: Json[] }>("admin config_list");
    expect(settings.find(({ key }) => key === "conflict_window_ms")).toMatchObject({ value: 7, source: "personal" });
    expect(settings.find(({ key }) => key === "review")).toMatchObject({ value: "required", source: "env" });
    await other.memory.close();
  });

  it("acts from the next call when somebody edits memory.yaml by hand, and stays when they break it", async () => {
    const text = bench.text("memory.yaml") ?? "";
    put(`${bench.root}/memory.yaml`, `${text}conflict_window_ms: 11\n`);
    await bench.call("search");
    expect(bench.memory.settings.conflict_window_ms).toEqual({ value: 11, source: "store" });
    put(`${bench.root}/memory.yaml`, `${text}conflict_window_ms: soon\n`);
    await bench.call("search");
    expect(bench.memory.settings.conflict_window_ms.value).toBe(11);
  });
});

describe("review: required", () => {
  it("commits nothing by itself where each write was committed before", async () => {
    const each = await Bench.open({ dir: makeOwnStore() });
    expect(await each.call("save", { title: "A", content: "a" })).toMatchObject({ committed: true });
    await each.call("admin config_set", { key: "review", value: "required" });
    const head = git(each.dir, "rev-parse", "HEAD");
    const saved = await each.call("save", { title: "B", content: "b" });
    expect(saved).toMatchObject({ committed: false });
    expect(await each.call("admin status")).toMatchObject({ stores: [{ commit: "journal" }] });
    expect(git(each.dir, "rev-parse", "HEAD")).toBe(head);
    await each.call("admin config_set", { key: "commit", value: "each" });
    expect(await each.call("save", { title: "C", content: "c" })).toMatchObject({ committed: false });
    expect(git(each.dir, "rev-parse", "HEAD")).toBe(head);
    await each.close();
  });

  it("has memory_context list what no person has committed as unreviewed, whatever its kind", async () => {
    await bench.call("save", { title: "Postgres holds invoices", content: "Invoices are in Postgres." });
    await bench.call("save", { title: "Invoices tool", content: "Reads invoices.", kind: "tool" });
    const asked = { task: "invoices" };
    expect(Object.keys(await bench.call("context", asked))).toEqual(["memories", "tools", "tokens"]);
    await bench.call("admin config_set", { key: "review", value: "required" });
    const { unreviewed, ...rest } = await bench.call<{ unreviewed: Json[] }>("context", asked);
    expect(unreviewed.map(({ address }) => address).sort()).toEqual([
      "memories/postgres-holds-invoices",
      "tools/invoices-tool",
    ]);
    expect(Object.keys(rest)).toEqual(["tokens"]);
    await bench.call("admin commit");
    expect(Object.keys(await bench.call("context", asked))).toEqual(["memories", "tools", "tokens"]);
  });
});
