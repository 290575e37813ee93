import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { LineClient, PROGRAM } from "../support/client.js";
import { run, runJson } from "../support/program.js";
import { makeReadOnly } from "../support/read-only.js";
import {
  faults,
  GIT_ENV,
  git,
  leftovers,
  makeCheckedInStore,
  makeOwnStore,
  put,
  temporaryFolder,
} from "../support/repositories.js";

const folders: string[] = [];
const folder = (dir: string): string => {
  folders.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

const KINDS: readonly (readonly [string, () => string])[] = [
  ["a checked-in store", () => makeCheckedInStore()],
  ["a store of its own", () => makeOwnStore()],
  [
    "a plain folder without git",
    () => {
      const dir = temporaryFolder();
      put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: plain\n");
      return dir;
    },
  ],
];

/** Every file with its content: what must not change. */
const trace = (dir: string): string[] =>
  fs
    .readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => fs.statSync(path.join(dir, name)).isFile())
    .map((name) => `${name} ${fs.readFileSync(path.join(dir, name)).toString("base64")}`)
    .sort();

const WRITES: readonly (readonly [string, Record<string, unknown>])[] = [
  ["memory_save", { title: "New", content: "text" }],
  ["memory_update", { ref: "memories/kept", append: "more" }],
  ["memory_delete", { ref: "memories/kept" }],
  ["memory_delete", { ref: "memories/kept", purge: true }],
  ["memory_bulk", { items: [{ op: "save", title: "A", content: "a" }] }],
  ["memory_admin", { action: "config_set", key: "response_format", value: "json" }],
];

describe.each(KINDS)("%s that may only be read", (_kind, make) => {
  it.each([
    ["never written", false],
    ["written before", true],
  ])("%s: reads everything, refuses every write, and changes nothing", async (_when, written) => {
    const dir = folder(make());
    if (written) runJson(dir, "save", "Kept", "marmalade");
    else {
      const root = fs.existsSync(path.join(dir, ".memory")) ? path.join(dir, ".memory") : dir;
      put(path.join(root, "memories/kept.md"), "---\ntitle: Kept\n---\n\nmarmalade\n");
    }
    const before = trace(dir);
    const { user, undo } = makeReadOnly(dir);
    try {
      const client = new LineClient(dir, ["--toolsets", "all"], {}, user);
      await client.initialize();
      expect((await client.call("memory_search", { query: "marmalade" })).text).toContain("memories/kept");
      expect((await client.call("memory_get", { refs: ["kept"] })).text).toContain("marmalade");
      expect((await client.call("memory_history", { action: "list", ref: "kept" })).text).toContain("memories/kept");
      const { text } = await client.call("memory_admin", { action: "status" });
      expect(text).toContain("this checkout is read-only");
      expect((await client.call("memory_admin", { action: "check" })).text).toContain("0 findings");
      for (const [tool, args] of WRITES)
        expect([tool, await client.call(tool, args)]).toMatchObject([tool, { error: { code: "forbidden" } }]);
      expect(await client.close()).toBe(0);
      expect(client.stderr).toBe("");
      expect(trace(dir)).toEqual(before);
    } finally {
      undo();
    }
  });
});

const MOUNT = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && exec "$@"';
/** Runs the program in a folder that is mounted read-only for it alone. */
const mounted = (dir: string, ...args: string[]) =>
  spawnSync(
    "unshare",
    ["--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", dir, process.execPath, PROGRAM, ...args],
    {
      encoding: "utf8",
      env: GIT_ENV,
    },
  );
const CAN_MOUNT = mounted(os.tmpdir(), "--version").status === 0;

describe.skipIf(!CAN_MOUNT)("a read-only mount", () => {
  it.each([
    ["never written", false],
    ["written before", true],
  ])("%s: is read, and refuses every write in a sentence", (_when, written) => {
    const dir = folder(makeCheckedInStore());
    put(path.join(dir, ".memory/memories/kept.md"), "---\ntitle: Kept\n---\n\nmarmalade\n");
    if (written) runJson(dir, "save", "Other", "text");
    const before = trace(dir);
    expect(mounted(dir, "search", "marmalade")).toMatchObject({ status: 0, stderr: "" });
    for (const args of [
      ["save", "New", "text"],
      ["update", "kept", "--append", "more"],
      ["delete", "kept"],
      ["commit"],
      ["config", "set", "response_format", "json"],
    ]) {
      const { stdout, stderr } = mounted(dir, ...args, "--json");
      expect([args, JSON.parse(stdout || "{}"), stderr]).toMatchObject([args, { error: { code: "forbidden" } }, ""]);
    }
    expect(trace(dir)).toEqual(before);
  });
});

describe("half of a checkout that may only be read", () => {
  it("takes no write on record that it could not put in place, nor the other way round", () => {
    const dir = folder(makeCheckedInStore());
    runJson(dir, "save", "Kept", "marmalade");
    for (const part of [".memory", ".git"]) {
      const other = path.join(dir, part === ".git" ? ".memory" : ".git");
      const { user, undo } = makeReadOnly(dir);
      for (const name of ["", ...fs.readdirSync(other, { recursive: true, encoding: "utf8" })])
        if (user.uid !== undefined) fs.chownSync(path.join(other, name), user.uid, user.gid!);
        else fs.chmodSync(path.join(other, name), 0o755);
      const before = trace(dir);
      const ran = run(dir, ["save", "New", "text", "--json"], { user });
      expect([part, JSON.parse(ran.stdout)]).toMatchObject([part, { error: { code: "forbidden" } }]);
      expect(trace(dir)).toEqual(before);
      undo();
      if (user.uid !== undefined)
        for (const name of ["", ...fs.readdirSync(other, { recursive: true, encoding: "utf8" })])
          fs.chownSync(path.join(other, name), 0, 0);
    }
    expect(leftovers(dir)).toEqual([]);
    expect(runJson(dir, "save", "New", "text")).toMatchObject({ address: "memories/new" });
    expect(faults(dir)).toBe("");
  });

  it("refuses to commit, in a sentence", () => {
    const dir = folder(makeCheckedInStore());
    runJson(dir, "save", "Kept", "marmalade");
    const { user, undo } = makeReadOnly(dir);
    const ran = run(dir, ["commit", "--json"], { user });
    undo();
    expect([JSON.parse(ran.stdout), ran.stderr]).toMatchObject([{ error: { code: "forbidden" } }, ""]);
  });
});

describe("continuous integration", () => {
  it("publishes nothing, configures nothing and watches nothing, and serves all the same", async () => {
    const dir = folder(makeOwnStore());
    const head = git(dir, "rev-parse", "HEAD");
    const config = fs.readFileSync(path.join(dir, ".git/config"), "utf8");
    const client = new LineClient(dir, ["--toolsets", "all"], { CI: "true" });
    await client.initialize();
    const saved = await client.call("memory_save", { title: "A", content: "marmalade", response_format: "json" });
    expect([saved.committed, saved.commit]).toEqual([false, undefined]);
    expect((await client.call("memory_search", { query: "marmalade" })).text).toContain("memories/a");
    expect(await client.call("memory_admin", { action: "status", response_format: "json" })).toMatchObject({
      watching: false,
      pending: ["memories/a"],
    });
    await client.close();
    expect([git(dir, "rev-parse", "HEAD"), fs.readFileSync(path.join(dir, ".git/config"), "utf8")]).toEqual([
      head,
      config,
    ]);
    expect(fs.readdirSync(path.join(dir, ".git/hooks")).filter((name) => !name.endsWith(".sample"))).toEqual([]);
  });
});
