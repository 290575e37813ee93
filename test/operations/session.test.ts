import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../../src/memory/caller.js";
import { KnownTexts } from "../../src/memory/known-texts.js";
import { Bench, type Json, SECRET } from "../support/memory.js";
import { faults, git } from "../support/repositories.js";

let bench: Bench;
const open = async (): Promise<void> => {
  bench = await Bench.open();
};
const close = async (): Promise<void> => {
  expect(faults(bench.dir)).toBe("");
  await bench.close();
};

let connections = 10;
/** A caller over a connection of its own. */
const caller = (): Caller => ({ agent: "tester", session: `0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b${++connections}` });
const NOBODY: Caller = { agent: "tester" };
const call = (verb: string, input: Json = {}, caller: Caller = NOBODY): Promise<Json> =>
  bench.call(verb, input, caller);
const refused = async (verb: string, input: Json, caller: Caller = NOBODY): Promise<Json> => {
  const before = bench.trace();
  const error = await bench.call(verb, input, caller).then(
    (output) => ({ message: `not refused: ${JSON.stringify(output)}` }),
    (thrown: unknown) => thrown,
  );
  expect(bench.trace()).toEqual(before);
  return error as Json;
};
/** A file of the person's own store. */
const own = (file: string): string | undefined => {
  const full = path.join(bench.personal, file);
  return fs.existsSync(full) ? fs.readFileSync(full, "utf8") : undefined;
};
const folder = (name: string): string => `${projectFolder()}/sessions/${name}`;
const projectFolder = (): string => `projects/${bench.memory.scope.split("/").at(-1)}`;
const addresses = (found: Json, field = "hits"): string[] =>
  ((found[field] ?? []) as { address: string }[]).map(({ address }) => address);
const list = async (input: Json = {}): Promise<string[]> =>
  ((await call("session list", input)).sessions as { name: string }[]).map(({ name }) => name);

describe("the life of a session", () => {
  beforeAll(open);
  afterAll(close);

  it("begins with its purpose, its caller and where the code was", async () => {
    const started = await call("session start", { purpose: "Round billing up" });
    expect(started).toMatchObject({
      name: "round-billing-up",
      scope: "session/round-billing-up",
      status: "active",
      agent: "tester",
      purpose: "Round billing up",
      git_branch: "main",
      git_commit: git(bench.dir, "rev-parse", "HEAD").trim(),
      entries: 0,
      store: "personal",
    });
    expect(started).not.toHaveProperty("current");
    expect(own(`${folder("round-billing-up")}/session.md`)).toContain("purpose: Round billing up\n");
    expect(await list()).toEqual(["round-billing-up"]);
    expect(await call("session list")).toMatchObject({ total: 1, sessions: [{ last_activity: expect.any(String) }] });
  });

  it("has a name that no other has: given, of the caller, of the purpose, of the day", async () => {
    const nameOf = async (input: Json, caller?: Caller) => (await call("session start", input, caller)).name;
    expect(await nameOf({ name: "Mine" })).toBe("Mine");
    expect(await nameOf({ purpose: "Fix it" })).toBe("fix-it");
    expect(await nameOf({ purpose: "Fix it!" })).toBe("fix-it-2");
    expect(await nameOf({})).toBe("2024-03-05");
    expect(await nameOf({}, { session: "Billing work" })).toBe("billing-work");
    expect(await refused("session start", { name: "mine" })).toMatchObject({ code: "already_exists" });
    expect(await refused("session start", {}, { session: "Billing work" })).toMatchObject({ code: "already_exists" });
    for (const name of ["a/b", "a:b", "..", "current", "con", " x"])
      expect(await refused("session start", { name })).toMatchObject({ code: "invalid_input" });
    // The one that began last is first.
    expect(await list({ limit: 2 })).toEqual(["billing-work", "2024-03-05"]);
  });

  it("is paused, resumed and ended, and refuses every other step in words", async () => {
    await call("session start", { name: "s" });
    const step = (verb: string, input: Json = {}) => call(`session ${verb}`, { ref: "s", ...input });
    const no = (verb: string) => refused(`session ${verb}`, { ref: "s" });
    expect(await no("resume")).toMatchObject({ code: "conflict", message: expect.stringContaining("is active") });
    expect(await step("pause")).toMatchObject({ status: "paused", change: "updated" });
    expect(await no("pause")).toMatchObject({ code: "conflict", data: { status: "paused" } });
    expect(await step("resume")).toMatchObject({ status: "active" });
    expect(own(`${folder("s")}/session.md`)).not.toContain("status");
    await step("pause");
    const ended = await step("end");
    expect(ended).toMatchObject({ status: "completed", ended_at: expect.any(String), promoted: [] });
    for (const verb of ["pause", "resume", "end"])
      expect(await no(verb)).toMatchObject({ code: "conflict", message: expect.stringContaining("completed") });
    expect(await refused("session attach", { ref: "s", refs: ["x"] })).toMatchObject({ code: "conflict" });
    await call("session start", { name: "t" });
    expect(await refused("session end", { ref: "t", status: "paused" })).toMatchObject({ code: "invalid_input" });
    expect(await call("session end", { ref: "t", status: "discarded" })).toMatchObject({ status: "discarded" });
    expect(await list({ status: "discarded" })).toEqual(["t"]);
    expect(await list({ status: "completed" })).toEqual(["s"]);
    expect(await list({ status: "active" })).not.toContain("s");
  });

  it("continues another that is there, and is never that one again", async () => {
    expect(await refused("session start", { name: "next", parent: "first" })).toMatchObject({ code: "not_found" });
    await call("session start", { name: "first-step" });
    expect(await refused("session start", { name: "next", parent: "first" })).toMatchObject({
      code: "not_found",
      message: expect.stringContaining("Nearest: first-step,"),
    });
    expect(await call("session start", { name: "next", parent: "session/First-step" })).toMatchObject({
      parent: "first-step",
    });
    await call("session end", { ref: "next" });
    expect(await refused("session start", { name: "next" })).toMatchObject({ code: "already_exists" });
  });

  it("says what it is for, and refuses secrets and what is too long", async () => {
    const { id } = await call("session start", { name: "told", tags: ["Billing"], metadata: { goal: 1 } });
    const changed = await call("session update", {
      ref: `${id}`,
      title: "S",
      purpose: "P",
      content: "More.\n",
      reason: "r",
    });
    expect(changed).toMatchObject({
      title: "S",
      purpose: "P",
      tags: ["billing"],
      metadata: { goal: 1 },
      description: "More.",
    });
    expect(await call("session update", { ref: "told", title: "S" })).toMatchObject({ change: "unchanged" });
    expect(await refused("session update", { ref: "told" })).toMatchObject({ code: "invalid_input" });
    expect(await refused("session update", { ref: "told", purpose: SECRET })).toMatchObject({ code: "invalid_input" });
    expect(await refused("session update", { ref: "told", content: "x".repeat(100_001) })).toMatchObject({
      code: "invalid_input",
    });
    expect(await call("session get", { ref: "told" })).toMatchObject({ title: "S", works_with: [], holds: [] });
  });

  it("lies in the project's store where sessions are shared", async () => {
    await bench.call("admin config_set", { key: "sessions", value: "shared" });
    expect(await call("session start", { name: "shared" })).toMatchObject({ store: "project" });
    expect(bench.text("sessions/shared/session.md")).toContain("agent: tester");
    await call("save", { title: "A", content: "a", scope: "session/shared" });
    await call("save", {
      title: "B",
      content: "b",
      scope: "session/shared",
      fields: { relations: [{ type: "x", target: "memories/a" }] },
    });
    await call("save", { title: "A", content: "other" });
    const clash = await refused("session end", { ref: "shared", all: true });
    expect(clash).toMatchObject({ code: "already_exists", data: { address: "memories/a", name: "shared" } });
    const ended = await call("session end", { ref: "shared", promote: ["memories/b"] });
    expect(ended.promoted).toMatchObject([{ from: "project:session/shared:memories/b", address: "memories/b" }]);
    expect(bench.text("memories/b.md")).toContain("target: session/shared:memories/a");
    expect(bench.text("sessions/shared/memories/b.md")).toBeUndefined();
  });
});

describe("the session of a call", () => {
  beforeAll(open);
  afterAll(close);

  it("begins by itself with the first entry for it, always under one name", async () => {
    const [one, two] = [caller(), caller()];
    const saved = await call("save", { title: "Note", content: "n", scope: "session" }, one);
    const name = String(saved.scope).slice("session/".length);
    expect(name).toMatch(/^auto-[0-9a-f]{12}$/);
    expect(saved).toMatchObject({ store: "personal", address: `session/${name}:memories/note` });
    expect(own(`${folder(name)}/session.md`)).toContain("agent: tester");
    // One write: the entry and the document came together.
    const log = git(bench.personal, "log", "--format=%s", "--name-only", "-1");
    expect(log).toContain("session.md");
    expect(log).toContain("note.md");
    await call("save", { title: "Next", content: "m", category: "task" }, one);
    await call("save", { title: "Rule", content: "r", kind: "guideline", scope: "session" }, one);
    expect(await call("session get", {}, one)).toMatchObject({ name, current: true, entries: 3 });
    const other = await call("save", { title: "Note", content: "n", category: "progress" }, two);
    expect(other.scope).not.toBe(saved.scope);
    expect(await list()).toHaveLength(2);
  });

  it("takes work in progress only from callers that have one", async () => {
    const one = caller();
    const before = await list();
    expect(await call("save", { title: "T", content: "t", category: "task" })).toMatchObject({ address: "memories/t" });
    expect(await call("save", { title: "U", content: "u", category: "task", scope: "project" }, one)).toMatchObject({
      address: "memories/u",
    });
    expect(await refused("save", { title: "V", content: "v", scope: "session" })).toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("belongs to no session"),
    });
    for (const verb of ["get", "update", "pause", "end"])
      expect(await refused(`session ${verb}`, verb === "update" ? { title: "x" } : {})).toMatchObject({
        code: "invalid_input",
      });
    expect(await refused("session get", {}, one)).toMatchObject({ code: "not_found" });
    expect(await refused("search", { scope: "session" }, one)).toMatchObject({ code: "not_found" });
    expect(await list()).toEqual(before);
  });

  it("begins with its description or its working set too, and anew when it is over", async () => {
    await call("save", { title: "A", content: "a" });
    const begun = await call("session update", { purpose: "first" }, { session: "work" });
    expect(begun).toMatchObject({ name: "work", change: "created", purpose: "first", current: true });
    await call("session end", { ref: "current" }, { session: "work" });
    expect(await call("session attach", { refs: ["a"] }, { session: "work" })).toMatchObject({
      name: "work-2",
      working_set: 1,
    });
    await call("session pause", {}, { session: "work" });
    expect(await refused("save", { title: "B", content: "b", scope: "session" }, { session: "work" })).toMatchObject({
      code: "conflict",
      message: expect.stringContaining("paused"),
    });
  });

  it("is the one that the connection entered, while that goes on", async () => {
    const one = caller();
    const connection = { texts: new KnownTexts() };
    const over = async (verb: string, input: Json = {}) => {
      const { invoke } = await import("../../src/operations/operation.js");
      const { findOperation } = await import("../../src/operations/registry.js");
      const [area = "", action] = verb.split(" ");
      return (await invoke(
        findOperation(area, action)!,
        { memory: bench.memory, caller: one, connection },
        input,
      )) as Json;
    };
    expect(await over("session start", { name: "first" })).toMatchObject({ current: true });
    expect(await over("session start", { name: "second" })).toMatchObject({ current: true });
    expect(await over("save", { title: "A", content: "a", scope: "session" })).toMatchObject({
      scope: "session/second",
    });
    await call("session pause", { ref: "first" });
    await over("session resume", { ref: "first" });
    expect(await over("session get")).toMatchObject({ name: "first" });
    await over("session end");
    expect(connection).not.toHaveProperty("session");
    expect(await over("save", { title: "A", content: "a", scope: "session" })).toMatchObject({
      scope: expect.stringMatching(/^session\/auto-/),
    });
  });

  it("is where reads and refs begin, and nobody else's", async () => {
    const [one, two] = [caller(), caller()];
    await call("save", { title: "Retry", content: "project says five times" });
    await call("save", { title: "Retry", content: "session says nine times", scope: "session" }, one);
    const hits = await call("search", { query: "retry times" }, one);
    expect(addresses(hits)).toHaveLength(2);
    expect(addresses(await call("search", { query: "retry times" }, two))).toEqual(["memories/retry"]);
    const read = async (input: Json, caller: Caller) =>
      ((await call("get", input, caller)).entries as { content: string }[])[0]?.content;
    for (const ref of ["memories/retry", "retry"]) {
      expect(await read({ refs: [ref] }, one)).toContain("nine");
      expect(await read({ refs: [ref] }, two)).toContain("five");
    }
    await call("update", { ref: "retry", append: "more" }, one);
    await call("bulk", { items: [{ op: "update", ref: "memories/retry", append: "yet more" }] }, one);
    expect(await read({ refs: ["retry"] }, one)).toContain("nine times\n\nmore\n\nyet more");
    expect(bench.text("memories/retry.md")).not.toContain("more");
    const found = await call("context", { task: "retry times" }, one);
    expect(found).toMatchObject({ session: { name: expect.stringMatching(/^auto-/) } });
    expect(addresses(found, "memories")).toEqual([expect.stringContaining("session/auto-")]);
    expect(await call("context", { task: "retry times" }, two)).not.toHaveProperty("session");
  });

  it("begins for a private entry too, which stays the person's", async () => {
    const one = caller();
    const saved = await call("save", { title: "Plan", content: "hush", scope: "session", private: true }, one);
    expect(saved).toMatchObject({ private: true, scope: expect.stringMatching(/^session\/auto-/) });
    const ref = String(saved.address);
    const name = String(saved.scope).slice("session/".length);
    expect(own(`${folder(name)}/session.md`)).toContain("agent: tester");
    expect(await refused("session attach", { refs: [ref] }, one)).toMatchObject({ code: "invalid_input" });
    const kept = await call("session end", { promote: [ref] }, one);
    expect(kept.promoted).toMatchObject([{ address: "memories/plan", store: "personal", private: true }]);
    await call("save", { title: "Plan B", content: "hush", scope: "session", private: true }, one);
    expect(await call("session end", { all: true }, one)).toMatchObject({ promoted: [], entries: 1 });
  });

  it("is left by reads when it is paused or over, and found by its scope", async () => {
    await call("save", { title: "Walrus", content: "big tusks", scope: "session" }, { session: "left" });
    const seen = async (input: Json = {}) =>
      addresses(await call("search", { query: "tusks", ...input }, { session: "left" }));
    expect(await seen()).toHaveLength(1);
    await call("session pause", { ref: "left" });
    expect(await seen()).toEqual([]);
    expect(await seen({ scope: "session/left" })).toHaveLength(1);
    expect(await call("context", { task: "tusks", scope: "session/left" })).toMatchObject({
      session: { status: "paused" },
    });
    await call("session end", { ref: "left", status: "discarded" });
    expect(await call("search", { query: "tusks", scope: "session/left" })).toMatchObject({
      hits: [],
      hint: expect.stringContaining("discarded"),
    });
    expect(addresses(await call("context", { task: "tusks", scope: "session/left" }), "memories")).toEqual([]);
    expect(await seen({ scope: "session/left", include: ["archived"] })).toHaveLength(1);
  });
});

describe("the working set", () => {
  afterEach(close);
  const works = async (ref = "s") =>
    ((await call("session get", { ref })).works_with as { address: string; working?: true; missing?: true }[]).map(
      ({ address, working, missing }) => address + (working ? " *" : "") + (missing ? " gone" : ""),
    );
  beforeEach(async () => {
    await open();
    await call("session start", { name: "s", purpose: "Work" });
    for (const title of ["A", "B", "C"]) await call("save", { title, content: `text ${title}` });
    await call("save", { title: "Own", content: "of the session", scope: "session/s" });
  });

  it("holds entries in order, once each, with a mark; doing it again changes nothing", async () => {
    await call("session attach", { ref: "s", refs: ["a", "b", "session/s:memories/own"] });
    expect(await works()).toEqual(["memories/a", "memories/b", "session/s:memories/own"]);
    expect(own(`${folder("s")}/session.md`)).toContain("entry: memories/own");
    const again = { ref: "s", refs: ["c", "b"], position: 1, working: true };
    await call("session attach", again);
    expect(await call("session attach", again)).toMatchObject({ change: "unchanged", working_set: 4 });
    expect(await works()).toEqual(["memories/c *", "memories/b *", "memories/a", "session/s:memories/own"]);
    await call("session attach", { ref: "s", refs: ["b"], working: false });
    await call("session attach", { ref: "s", refs: ["c"], position: 99 });
    expect(await works()).toEqual(["memories/b", "memories/a", "session/s:memories/own", "memories/c *"]);
    await call("session attach", { ref: "s", refs: ["b", "c"], detach: true });
    expect(await call("session attach", { ref: "s", refs: ["b"], detach: true })).toMatchObject({
      change: "unchanged",
    });
    expect(await works()).toEqual(["memories/a", "session/s:memories/own"]);
    expect(await refused("session attach", { ref: "s", refs: ["none"] })).toMatchObject({ code: "not_found" });
    expect(await refused("session attach", { ref: "s", refs: ["a"], detach: true, position: 1 })).toMatchObject({
      code: "invalid_input",
    });
  });

  it("follows entries to their new names, in its own store and in others, and lets go of deleted ones when asked", async () => {
    await call("session attach", { ref: "s", refs: ["a", "session/s:memories/own"], working: true });
    await call("update", { ref: "a", set: { name: "deep/a2" } });
    await call("update", { ref: "session/s:memories/own", set: { name: "mine" } });
    expect(await works()).toEqual(["memories/deep/a2 *", "session/s:memories/mine *"]);
    await call("delete", { ref: "deep/a2", purge: true });
    expect(await works()).toEqual([`${bench.memory.scope}:memories/deep/a2 * gone`, "session/s:memories/mine *"]);
    await call("session attach", { ref: "s", refs: [`${bench.memory.scope}:memories/deep/a2`], detach: true });
    expect(await works()).toEqual(["session/s:memories/mine *"]);
  });

  it("and the session's entries together are no more than the setting allows", async () => {
    await bench.call("admin config_set", { key: "max_memories_per_session", value: "3" });
    await call("session attach", { ref: "s", refs: ["a", "session/s:memories/own"] });
    await call("save", { title: "Own 2", content: "x", scope: "session/s" });
    const full = { code: "invalid_input", data: { limit: 3, size: 4 } };
    expect(await refused("session attach", { ref: "s", refs: ["b"] })).toMatchObject(full);
    expect(await refused("save", { title: "Own 3", content: "y", scope: "session/s" })).toMatchObject(full);
    expect(await call("update", { ref: "session/s:memories/own-2", append: "more" })).toMatchObject({
      change: "updated",
    });
    await call("session attach", { ref: "s", refs: ["a"], detach: true });
    await call("save", { title: "Own 3", content: "y", scope: "session/s" });
  });

  it("leads to nothing of a person's own from a shared session", async () => {
    await bench.call("admin config_set", { key: "sessions", value: "shared" });
    await call("save", { title: "Mine", content: "m", scope: "personal" });
    await call("session start", { name: "shared" });
    expect(await refused("session attach", { ref: "shared", refs: ["global:memories/mine"] })).toMatchObject({
      code: "invalid_input",
    });
  });

  it("comes first in the context of its session, and not twice", async () => {
    await call("session attach", { ref: "s", refs: ["b"], working: true });
    const found = await call("context", { task: "text B", scope: "session/s" });
    expect(Object.keys(found).slice(0, 2)).toEqual(["session", "working_set"]);
    expect(found).toMatchObject({
      session: { name: "s", purpose: "Work" },
      working_set: [{ address: "memories/b", working: true }],
    });
    expect(addresses(found, "memories")).not.toContain("memories/b");
  });
});

describe("the end of a session", () => {
  afterEach(close);
  beforeEach(async () => {
    await open();
    await call("session start", { name: "s" });
    for (const title of ["A", "B", "C"])
      await call("save", {
        title,
        content: `text ${title}`,
        scope: "session/s",
        ...(title === "B" ? related("memories/a") : {}),
      });
  });
  const related = (target: string) => ({ fields: { relations: [{ type: "builds_on", target }] } });

  it("moves what is worth keeping to the project: with id, text and what leads to it", async () => {
    const two = caller();
    const { entries } = (await call("get", { refs: ["session/s:memories/a"] })) as { entries: [{ id: string }] };
    await call("session attach", { ref: "s", refs: ["session/s:memories/a"] });
    const ended = await call("session end", {
      ref: "s",
      promote: ["memories/a", "session/s:memories/b"],
      reason: "kept",
    });
    expect(ended).toMatchObject({
      status: "completed",
      entries: 1,
      promoted: [
        { from: "personal:session/s:memories/a", address: "memories/a", id: entries[0].id },
        { address: "memories/b" },
      ],
    });
    expect(bench.text("memories/b.md")).toContain("target: memories/a");
    expect(bench.text("memories/a.md")).toContain(entries[0].id);
    expect(own(`${folder("s")}/memories/a.md`)).toBeUndefined();
    expect(own(`${folder("s")}/session.md`)).toContain(`entry: ${bench.memory.scope}:memories/a`);
    expect(addresses(await call("search", { query: "text" }, two)).sort()).toEqual(["memories/a", "memories/b"]);
    expect(addresses(await call("search", { scope: "session/s", inherit: false }))).toEqual(["session/s:memories/c"]);
  });

  it("moves all that is not archived when asked to", async () => {
    await call("delete", { ref: "session/s:memories/c" });
    const ended = await call("session end", { ref: "s", all: true, status: "discarded" });
    expect(addresses(ended, "promoted")).toEqual(["memories/a", "memories/b"]);
    expect(own(`${folder("s")}/memories/c.md`)).toContain("archived");
  });

  it("does not happen when one entry cannot move, and says which", async () => {
    await call("save", { title: "A", content: "taken" });
    await call("save", { title: "Else", content: "e", scope: "session/else" });
    const personal = () => git(bench.personal, "log", "--format=%H");
    const before = personal();
    expect(await refused("session end", { ref: "s", all: true })).toMatchObject({
      code: "already_exists",
      message: expect.stringMatching(/^Session s was not ended\. memories\/a is there already/),
      data: { address: "memories/a", name: "s" },
    });
    expect(await refused("session end", { ref: "s", promote: ["session/else:memories/else"] })).toMatchObject({
      code: "invalid_input",
    });
    expect(await refused("session end", { ref: "s", promote: ["none"] })).toMatchObject({ code: "not_found" });
    expect(await refused("session end", { ref: "s", promote: ["b"], all: true })).toMatchObject({
      code: "invalid_input",
    });
    // What is shared leads to nothing that only this person has.
    expect(await refused("session end", { ref: "s", promote: ["memories/b"] })).toMatchObject({
      code: "invalid_input",
    });
    expect(personal()).toBe(before);
    expect(await call("session get", { ref: "s" })).toMatchObject({ status: "active", entries: 3 });
  });

  it("that was cut off after the first store is finished by the same call", async () => {
    const source = own(`${folder("s")}/memories/c.md`) ?? "";
    await bench.hand("memories/c.md", source);
    const ended = await call("session end", { ref: "s", promote: ["session/s:memories/c"] });
    expect(ended).toMatchObject({ status: "completed", promoted: [{ address: "memories/c" }] });
    expect(bench.text("memories/c.md")).toBe(source);
    expect(own(`${folder("s")}/memories/c.md`)).toBeUndefined();
  });

  it("keeps the entries of a broken document, and says what to mend", async () => {
    const file = path.join(bench.personal, folder("s"), "session.md");
    fs.writeFileSync(file, "---\nnot: [closed\n---\n");
    (await bench.memory.store("personal")).rescan();
    expect(await refused("session end", { ref: "s" })).toMatchObject({ code: "not_found" });
    expect(await refused("session start", { name: "s" })).toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("Mend the file"),
    });
    expect(addresses(await call("search", { scope: "session/s", inherit: false }))).toHaveLength(3);
  });
});
