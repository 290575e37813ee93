import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findOperation, invoke, type Memory, openMemory } from "../../src/index.js";
import { GIT_ENV, git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

const opened: Memory[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((memory) => memory.close()));
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

const folder = (dir: string): string => {
  folders.push(dir);
  return dir;
};
async function open(directory: string, env: Record<string, string> = {}, root?: string): Promise<Memory> {
  const home = folder(temporaryFolder());
  const memory = await openMemory(
    { directory, root, watch: false },
    { env: { ...GIT_ENV, ...env }, pid: process.pid, host: os.hostname(), home, runs: () => true },
  );
  opened.push(memory);
  return memory;
}
async function call(
  memory: Memory,
  verb: string,
  input: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const [area = "", action] = verb.split(" ");
  const operation = findOperation(area, action);
  if (!operation) throw new Error(verb);
  return (await invoke(operation, { memory, caller: {} }, input)) as Record<string, unknown>;
}

describe("a memory", () => {
  it("sees at once what another one on the same store wrote", async () => {
    const dir = folder(makeCheckedInStore());
    const [first, second] = [await open(dir), await open(dir)];
    await second.fresh();
    const saved = await call(first, "save", { title: "A", content: "marmalade" });
    expect(await call(second, "search", { query: "marmalade" })).toMatchObject({ total: 1 });
    await call(second, "update", { ref: "a", append: "quince", base_version: saved.version });
    await expect(call(first, "delete", { ref: "a", base_version: saved.version })).rejects.toMatchObject({
      code: "stale_version",
    });
    await expect(call(first, "save", { title: "A", content: "other" })).rejects.toMatchObject({
      code: "already_exists",
    });
  });

  it("sees a commit, a switch and a reset of the person", async () => {
    const dir = folder(makeCheckedInStore());
    const memory = await open(dir);
    await call(memory, "save", { title: "A", content: "marmalade" });
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "a");
    git(dir, "switch", "-q", "-c", "side", "HEAD~1");
    expect(await call(memory, "search", { query: "marmalade" })).toMatchObject({ total: 0 });
    git(dir, "switch", "-q", "main");
    expect(await call(memory, "search", { query: "marmalade" })).toMatchObject({ total: 1 });
    git(dir, "reset", "-q", "--hard", "HEAD~1");
    expect(await call(memory, "search", { query: "marmalade" })).toMatchObject({ total: 0 });
  });

  it("says that there is no store, and finds one that is made meanwhile", async () => {
    const dir = folder(temporaryFolder());
    const memory = await open(dir);
    for (const verb of ["search", "admin status", "admin config_list", "admin commit", "admin reindex", "admin check"])
      await expect(call(memory, verb)).rejects.toMatchObject({ code: "not_found", data: { missing: "store" } });
    expect(memory.state).toBe("absent");
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: late\n");
    expect(await call(memory, "search")).toEqual({ hits: [], total: 0 });
    expect(memory.scope).toBe("project/late");
  });

  it("takes the nearest store upwards, never one of the whole machine's", async () => {
    const dir = folder(makeCheckedInStore());
    put(path.join(dir, "packages/a/.memory/memory.yaml"), "format: 1\nscope: project\nname: a\n");
    put(path.join(dir, "packages/a/src/x.ts"), "");
    put(path.join(dir, "packages/b/x.ts"), "");
    put(path.join(dir, "packages/g/.memory/memory.yaml"), "format: 1\nscope: global\n");
    const scopeAt = async (below: string) => {
      const memory = await open(path.join(dir, below));
      await memory.store();
      return memory.scope;
    };
    expect(await scopeAt("packages/a/src")).toBe("project/a");
    expect(await scopeAt("packages/b")).toBe("project/demo");
    expect(await scopeAt("packages/g")).toBe("project/demo");
    const named = await open("/", {}, path.join(dir, "packages/g"));
    await named.store();
    expect(named.scope).toBe("global");
    await expect((await open("/", {}, path.join(dir, "packages/b"))).store()).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("takes settings from the environment before the person's and the store's", async () => {
    const dir = folder(makeCheckedInStore());
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: demo\ncommit: each\n");
    const personal = folder(temporaryFolder());
    put(path.join(personal, "memory.yaml"), "format: 1\nscope: global\nresponse_format: json\n");
    const env = { GIT_MEMORY_HOME: personal, GIT_MEMORY_COMMIT: "journal" };
    const memory = await open(dir, env);
    await memory.store();
    expect(memory.settings).toMatchObject({
      commit: { value: "journal", source: "env" },
      response_format: { value: "json", source: "personal" },
    });
  });

  it("publishes nothing in continuous integration", async () => {
    const dir = folder(makeCheckedInStore());
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: demo\ncommit: each\n");
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "each");
    const head = git(dir, "rev-parse", "HEAD");
    const memory = await open(dir, { CI: "true" });
    expect(await call(memory, "save", { title: "A", content: "text" })).toMatchObject({ committed: false });
    expect(git(dir, "rev-parse", "HEAD")).toBe(head);
  });
});
