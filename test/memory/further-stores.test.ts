import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Memory } from "../../src/index.js";
import { entryText, type Json } from "../support/memory.js";
import {
  faults,
  git,
  leftovers,
  makeCheckedInStore,
  makeOwnStore,
  makeRepository,
  put,
  temporaryFolder,
} from "../support/repositories.js";
import { call, everythingIn, openWorkspace } from "../support/workspaces.js";

interface Status extends Json {
  readonly stores: readonly Json[];
  readonly unopened?: readonly { readonly path: string; readonly reason: string }[];
}

const opened: Memory[] = [];
let top: string;
let dir: string;
let home: string;
let org: string;

/** A project of acme, a store of acme beside it, and a person's own store. */
beforeEach(() => {
  top = temporaryFolder();
  [dir, home, org] = ["api", "home", "acme"].map((name) => path.join(top, name)) as [string, string, string];
  for (const folder of [dir, home, org]) fs.mkdirSync(folder);
  makeCheckedInStore(makeRepository(dir));
  put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: api\norg: acme\n");
  put(path.join(dir, ".memory/guidelines/errors.md"), entryText("title: Errors of the api", "Marmalade of the api."));
  put(path.join(org, "guidelines/errors.md"), entryText("title: Errors of acme", "Marmalade of acme."));
  put(path.join(org, "guidelines/no-secrets.md"), entryText("title: No secrets", "Marmalade without secrets."));
  makeOwnStore(org, "scope: org\nname: acme");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "entries");
  makeOwnStore(home, "scope: global");
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((memory) => memory.close()));
  fs.rmSync(top, { recursive: true, force: true });
});

/** What the person's own manifest says besides what it is. */
const names = (text: string): void => put(path.join(home, "memory.yaml"), `format: 1\nscope: global\n${text}\n`);

async function open(directory = dir, watch = false): Promise<Memory> {
  const memory = await openWorkspace(directory, home, { watch });
  opened.push(memory);
  await memory.fresh();
  return memory;
}

const found = async (memory: Memory, query: string, more: Json = {}): Promise<string[]> =>
  (
    await call<{ hits: { address: string; store?: string }[] }>(memory, "search", { query, sort: "title", ...more })
  ).hits.map(({ address, store = "main" }) => `${store} ${address}`);

const problems = async (memory: Memory): Promise<string[]> =>
  ((await call<Status>(memory, "admin status")).unopened ?? []).map(({ path: at, reason }) => `${at}: ${reason}`);

const refusal = async (call_: Promise<unknown>): Promise<Json> => {
  const error = await call_.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown as Error & { code?: string },
  );
  return { code: (error as { code?: string }).code, message: error.message };
};

describe("a store that the person's configuration names", () => {
  it("is open beside the project's: one index, one chain, writes where the scope lives", async () => {
    names("stores:\n  - path: ../acme");
    const memory = await open();
    expect(await call(memory, "admin status")).toMatchObject({
      stores: [
        { name: "project", scope: "project/acme/api", commit: "journal" },
        { name: "acme", scope: "org/acme", root: ".", commit: "each" },
        { name: "personal", scope: "global" },
      ],
    });
    const { guidelines } = await call<{ guidelines: Json[] }>(memory, "context", { task: "marmalade" });
    expect(guidelines.map(({ title }) => title)).toEqual(["Errors of the api", "No secrets"]);
    expect(guidelines[0]).toMatchObject({ overrides: expect.stringContaining("org/acme:guidelines/errors") });
    expect(await found(memory, "marmalade")).toEqual([
      "acme org/acme:guidelines/errors",
      "main guidelines/errors",
      "acme org/acme:guidelines/no-secrets",
    ]);
    const saved = await call(memory, "save", { title: "Ours", content: "Quince.", scope: "org/acme" });
    expect(saved).toMatchObject({ store: "acme", scope: "org/acme", committed: true });
    expect(await call(memory, "save", { title: "Here", content: "Quince here." })).toMatchObject({ store: "project" });
    await call(memory, "update", { ref: "org/acme:guidelines/errors", append: "More of it." });
    await call(memory, "relation create", { ref: "here", type: "builds_on", target: "org/acme:memories/ours" });
    await call(memory, "update", { ref: "org/acme:memories/ours", set: { name: "everybodys" } });
    expect(fs.readFileSync(path.join(dir, ".memory/memories/here.md"), "utf8")).toContain(
      "target: org/acme:memories/everybodys",
    );
    expect(git(org, "log", "--format=%s", "-3").trim().split("\n")).toContain("memory: add memory ours");
    expect(everythingIn(dir)).not.toContain("More of it.");
    const { from, ...promoted } = await call(memory, "promote", { ref: "memories/here" });
    expect([from, promoted]).toEqual([
      "project:project/acme/api:memories/here",
      expect.objectContaining({ store: "acme", scope: "org/acme" }),
    ]);
    expect([faults(dir), faults(org), leftovers(org)]).toEqual(["", "", []]);
  });

  it("refuses every write when it is read-only, and stays as it is", async () => {
    names("stores:\n  - {path: ../acme, name: shared, scope: org/acme, read_only: true}");
    const memory = await open();
    expect((await call<Status>(memory, "admin status")).stores[1]).toMatchObject({ name: "shared", read_only: true });
    await call(memory, "save", { title: "Here", content: "Quince here." });
    expect(await found(memory, "marmalade")).toContain("shared org/acme:guidelines/no-secrets");
    await call(memory, "get", { refs: ["org/acme:guidelines/no-secrets"] });
    const before = [everythingIn(org), everythingIn(dir)];
    const writes: [string, Json][] = [
      ["save", { title: "Ours", content: "Quince.", scope: "org/acme" }],
      ["update", { ref: "org/acme:guidelines/errors", append: "More." }],
      ["update", { ref: "memories/here", set: { scope: "org/acme" } }],
      ["update", { ref: "org/acme:guidelines/no-secrets", set: { scope: "project" } }],
      ["promote", { ref: "memories/here", to: "org/acme" }],
      ["delete", { ref: "no-secrets", purge: true }],
      ["tag attach", { refs: ["no-secrets"], tags: ["x"] }],
      ["relation create", { ref: "no-secrets", type: "builds_on", target: "org/acme:guidelines/errors" }],
      ["org update", { ref: "acme", title: "Acme" }],
      ["bulk", { items: [{ op: "save", title: "Ours", content: "Quince.", scope: "org/acme" }] }],
    ];
    for (const [verb, input] of writes) {
      const { code, message } = await refusal(call(memory, verb, input));
      expect([verb, code, message]).toEqual([verb, "forbidden", expect.stringMatching(/reading only.*Nothing was/)]);
    }
    expect([everythingIn(org), everythingIn(dir)]).toEqual(before);
    expect(await call(memory, "save", { title: "Copy", content: "Quince too." })).toMatchObject({ store: "project" });
  });

  it("takes part in writes of several processes, watching or not", async () => {
    names("stores:\n  - path: ../acme");
    const [one, other] = [await open(dir, true), await open()];
    await call(one, "save", { title: "First", content: "Quince.", scope: "org/acme" });
    expect(await found(other, "quince")).toEqual(["acme org/acme:memories/first"]);
    await call(other, "update", { ref: "org/acme:memories/first", edits: [{ old: "Quince", new: "Apricot" }] });
    expect([await found(one, "quince"), await found(one, "apricot")]).toEqual([[], ["acme org/acme:memories/first"]]);
  });
});

describe("a store that is named and cannot be opened", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["missing", "  - path: ../none", /^\.\.\/none: There is no store in none/],
    ["broken", "  - path: ../broken", /^\.\.\/broken: memory\.yaml cannot be used: /],
    ["with a setting that cannot be", "  - path: ../odd", /^\.\.\/odd: The setting commit in the store's/],
    ["the project's", "  - path: ../api", /^\.\.\/api: It is open already, as the store project\./],
    ["the person's own", "  - path: .", /^\.: It is open already, as the store personal\./],
    ["named twice", "  - path: ../acme/", /^\.\.\/acme\/: It is open already, as the store acme\./],
    ["named through a link", "  - path: ../link", /^\.\.\/link: It is open already, as the store acme\./],
    ["of a name that is taken", "  - {path: ../beta, name: ACME}", /^\.\.\/beta: The name acme is taken/],
    ["of a reserved name", "  - {path: ../beta, name: Personal}", /^\.\.\/beta: The name personal is taken/],
    ["of another scope", "  - {path: ../beta, scope: org/acme}", /^\.\.\/beta: It stands for project\/beta, and scope/],
    ["of no scope", "  - {path: ../beta, scope: session/x}", /^\.\.\/beta: stores\[1\]\.scope must be global, org/],
    ["without a path", "  - name: beta", /^stores\[1\]: stores\[1\]\.path is missing/],
    ["that is text", "  - ../beta", /^stores\[1\]: stores\[1\] must be a map/],
    ["with a key that is none", "  - {path: ../beta, readonly: true}", /: stores\[1\] has no key "readonly"$/],
    ["with a wrong switch", "  - {path: ../beta, read_only: yes please}", /read_only must be true or false$/],
  ];
  it.each(cases)("%s: is reported, and stops nothing else", async (_what, text, reason) => {
    put(path.join(top, "broken/memory.yaml"), "format: [\n");
    put(path.join(top, "odd/memory.yaml"), "format: 1\nscope: global\ncommit: never\n");
    put(path.join(top, "beta/memory.yaml"), "format: 1\nscope: project\nname: beta\n");
    fs.symlinkSync(org, path.join(top, "link"));
    names(`stores:\n  - path: ../acme\n${text}`);
    const memory = await open();
    expect(await problems(memory)).toEqual([expect.stringMatching(reason)]);
    expect((await problems(memory)).join()).not.toContain(top);
    const { stores } = await call<Status>(memory, "admin status");
    expect(stores.map(({ name }) => name)).toEqual(["project", "acme", "personal"]);
    expect(await call(memory, "save", { title: "Ours", content: "Quince.", scope: "org/acme" })).toMatchObject({
      store: "acme",
    });
    expect(await found(memory, "marmalade")).toHaveLength(3);
  });

  it("is reported when reading it fails half-way, and read as soon as that is mended", async () => {
    put(path.join(org, ".git/git-memory/worktree/main/publish.json/x"), "");
    names("stores:\n  - path: ../acme");
    const memory = await open();
    expect(await problems(memory)).toEqual([expect.stringMatching(/^\.\.\/acme: it cannot be read \(EISDIR\)$/)]);
    expect(await call(memory, "save", { title: "Here", content: "Quince." })).toMatchObject({ store: "project" });
    expect(await call(memory, "save", { title: "Mine", content: "Mine.", scope: "personal" })).toMatchObject({
      store: "personal",
    });
    expect(await found(memory, "marmalade")).toContain("main guidelines/errors");
    fs.rmSync(path.join(org, ".git/git-memory/worktree"), { recursive: true });
    expect(await found(memory, "marmalade")).toHaveLength(3);
    expect(await problems(memory)).toEqual([]);
    expect(await call(memory, "save", { title: "Ours", content: "Quince.", scope: "org/acme" })).toMatchObject({
      store: "acme",
      committed: true,
    });
  });

  it("is no list at all: said by status and by check of the person's own store", async () => {
    names("stores: ../acme");
    expect(await problems(await open())).toEqual(["stores: stores must be a list of maps with a path"]);
    const own = await open(home);
    const { findings } = await call<{ findings: Json[] }>(own, "admin check");
    expect(findings).toEqual([
      { path: "memory.yaml", line: 3, rule: "field", message: "stores must be a list of maps with a path" },
    ]);
  });
});

describe("the list of stores", () => {
  it("acts from the next call on, whatever became of it or of a store", async () => {
    const memory = await open();
    expect(await found(memory, "marmalade")).toEqual(["main guidelines/errors"]);
    names("stores:\n  - path: ../acme");
    expect(await call(memory, "save", { title: "Ours", content: "Quince.", scope: "org/acme" })).toMatchObject({
      store: "acme",
    });
    const away = `${org}.away`;
    fs.renameSync(org, away);
    expect(await found(memory, "marmalade")).toEqual(["main guidelines/errors"]);
    expect(await problems(memory)).toEqual([expect.stringContaining("There is no store in acme")]);
    expect(fs.existsSync(org)).toBe(false);
    fs.renameSync(away, org);
    expect(await found(memory, "marmalade")).toHaveLength(3);
    const manifest = fs.readFileSync(path.join(org, "memory.yaml"));
    put(path.join(org, "memory.yaml"), "format: [");
    expect(await found(memory, "marmalade")).toHaveLength(1);
    put(path.join(org, "memory.yaml"), manifest);
    expect(await found(memory, "marmalade")).toHaveLength(3);
    // A list that cannot be read while somebody edits it leaves the one we have.
    put(path.join(home, "memory.yaml"), "format: 1\nscope: global\nstores: [");
    expect(await found(memory, "marmalade")).toHaveLength(3);
    names("stores: []");
    expect(await found(memory, "marmalade")).toEqual(["main guidelines/errors"]);
    await expect(
      call(memory, "save", { title: "Theirs", content: "Apricot.", scope: "org/other" }),
    ).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("takes absolute paths, paths below the home directory, and the folder around .memory", async () => {
    const below = fs.mkdtempSync(path.join(os.tmpdir(), "git-memory-home-"));
    try {
      put(path.join(below, ".memory/memory.yaml"), "format: 1\nscope: project\nname: beta\n");
      put(path.join(below, ".memory/memories/b.md"), entryText("title: B", "Marmalade of beta."));
      // The workspaces of these tests have the system's temporary folder as home directory.
      names(`stores:\n  - path: ${JSON.stringify(org)}\n  - path: ~/${path.basename(below)}`);
      const memory = await open();
      expect(await problems(memory)).toEqual([]);
      expect(await found(memory, "beta", { scope: "project/beta" })).toEqual(["beta project/beta:memories/b"]);
      expect(await found(memory, "marmalade")).toHaveLength(3);
    } finally {
      fs.rmSync(below, { recursive: true });
    }
  });

  it("is the person's alone: one in a checked-in manifest counts for nothing, and check says so", async () => {
    const text =
      "format: 1\nscope: project\nname: api\norg: acme\nperson: {name: Mallory}\nstores:\n  - path: ../../acme\n";
    put(path.join(dir, ".memory/memory.yaml"), text);
    const memory = await open();
    expect(await call(memory, "admin status")).toMatchObject({ stores: [{ name: "project" }, { name: "personal" }] });
    expect(await call(memory, "admin status")).not.toHaveProperty("person");
    expect(await found(memory, "marmalade")).toEqual(["main guidelines/errors"]);
    const { findings } = await call<{ findings: Json[] }>(memory, "admin check");
    expect(findings).toMatchObject([
      { path: "memory.yaml", line: 5, rule: "field", message: expect.stringContaining("person counts in a person's") },
      { path: "memory.yaml", line: 6, rule: "field", message: expect.stringContaining("stores counts in a person's") },
    ]);
    await call(memory, "save", { title: "Here", content: "Quince." });
    expect(git(path.join(dir, ".git/git-memory/journal.git"), "log", "--all", "--format=%an").trim()).toBe(
      "Ada Person",
    );
  });
});

describe("two stores that stand for one scope", () => {
  it("make a write to it a conflict, with nothing written; what is there is read", async () => {
    const second = path.join(top, "second");
    fs.mkdirSync(second);
    put(path.join(second, "guidelines/errors-too.md"), entryText("title: Errors, too", "Marmalade too."));
    makeOwnStore(second, "scope: org\nname: acme");
    names("stores:\n  - path: ../acme\n  - {path: ../second, name: second}");
    const memory = await open();
    await call(memory, "save", { title: "Here", content: "Quince here." });
    const before = [org, second, dir, home].map(everythingIn);
    for (const [verb, input] of [
      ["save", { title: "Ours", content: "Quince.", scope: "org/acme" }],
      ["save", { title: "Ours", content: "Quince.", scope: "project/acme/web" }],
      ["bulk", { items: [{ op: "save", title: "Ours", content: "Quince.", scope: "org/acme" }] }],
      ["promote", { ref: "memories/here", to: "org/acme" }],
      ["update", { ref: "memories/here", set: { scope: "org/acme" } }],
      ["org create", { name: "acme" }],
    ] as const) {
      const { code, message } = await refusal(call(memory, verb, input));
      expect([verb, code, message]).toEqual([
        verb,
        "conflict",
        expect.stringMatching(/Two stores stand for .*acme and second\. Nothing was written\..*`stores`/),
      ]);
    }
    expect([org, second, dir, home].map(everythingIn)).toEqual(before);
    expect(await found(memory, "marmalade")).toHaveLength(4);
    expect(await call(memory, "org list")).toMatchObject({ orgs: [{ scope: "org/acme" }] });
    // Which entry is meant is clear wherever it lies.
    expect(await call(memory, "update", { ref: "errors-too", append: "More." })).toMatchObject({ store: "second" });
  });
});

describe("what lies in a further store of everything, or of an org", () => {
  it("is no home for a project that nobody put there", async () => {
    const all = path.join(top, "all");
    fs.mkdirSync(all);
    put(path.join(all, "projects/known/memories/k.md"), entryText("title: K", "Marmalade of known."));
    makeOwnStore(all, "scope: global");
    names("stores:\n  - path: ../all\n  - path: ../acme");
    // The folder of an org's project of the same name as this one, which says no org.
    put(path.join(org, "projects/lonely/memories/x.md"), entryText("title: X", "Marmalade of another lonely."));
    const lonely = path.join(top, "lonely");
    fs.mkdirSync(lonely);
    makeRepository(lonely);
    const memory = await open(lonely);
    expect(memory.scope).toBe("project/lonely");
    expect(await call(memory, "save", { title: "Mine", content: "Quince." })).toMatchObject({ store: "personal" });
    expect(await found(memory, "marmalade")).toEqual([]);
    expect(await found(memory, "lonely", { scope: "project/acme/lonely" })).toContain(
      "acme project/acme/lonely:memories/x",
    );
    const save = (scope: string) => call(memory, "save", { title: `In ${scope}`, content: `Of ${scope}.`, scope });
    expect(await save("project/known")).toMatchObject({ store: "all" });
    expect(await save("global")).toMatchObject({ store: "all" });
    expect(await save("personal")).toMatchObject({ store: "personal" });
    expect(await save("session/s")).toMatchObject({ store: "personal" });
    await expect(save("project/unknown")).rejects.toMatchObject({ code: "invalid_input" });
  });
});
