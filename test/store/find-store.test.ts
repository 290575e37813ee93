import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findStore, firstStore } from "../../src/store/find-store.js";
import { git, makeCheckedInStore, makeRepository, put, temporaryFolder } from "../support/repositories.js";

const folders: string[] = [];
const folder = (dir = temporaryFolder()): string => {
  folders.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

const HOME = "/nobody/is/here";
const manifest = (dir: string, scope = "project\nname: x"): void =>
  put(path.join(dir, ".memory/memory.yaml"), `format: 1\nscope: ${scope}\n`);

describe("the project store", () => {
  it("of a submodule is its own, else the superproject's", async () => {
    const top = folder(makeCheckedInStore());
    git(top, "-c", "protocol.file.allow=always", "submodule", "add", "-q", folder(makeRepository()), "lib/sub");
    put(path.join(top, "lib/sub/src/x.ts"), "");
    const below = path.join(top, "lib/sub/src");
    expect(await findStore(below, HOME)).toMatchObject({ root: path.join(top, ".memory"), repository: { top } });
    manifest(path.join(top, "lib/sub"));
    expect(await findStore(below, HOME)).toMatchObject({
      root: path.join(top, "lib/sub/.memory"),
      repository: { top: path.join(top, "lib/sub") },
    });
    manifest(path.join(top, "lib"));
    fs.rmSync(path.join(top, "lib/sub/.memory"), { recursive: true });
    expect((await findStore(below, HOME))?.root).toBe(path.join(top, "lib/.memory"));
  });

  it("of a linked worktree is the one checked out there", async () => {
    const dir = folder(makeCheckedInStore());
    const linked = path.join(folder(), "linked");
    git(dir, "worktree", "add", "-q", "-b", "side", linked);
    expect((await findStore(linked, HOME))?.root).toBe(path.join(linked, ".memory"));
  });

  it("is never above the top of the work tree", async () => {
    const outer = folder();
    manifest(outer);
    const inner = path.join(outer, "inner");
    fs.mkdirSync(inner);
    makeRepository(inner);
    put(path.join(inner, "src/x.ts"), "");
    expect(await findStore(path.join(inner, "src"), HOME)).toBeUndefined();
    fs.mkdirSync(path.join(outer, "plain"));
    expect(await findStore(path.join(outer, "plain"), HOME)).toBeUndefined();
  });

  it("is never a home directory, also through a link, nor the root of the file system", async () => {
    const home = folder(makeCheckedInStore());
    put(path.join(home, "project/x.ts"), "");
    expect(await findStore(home, home)).toBeUndefined();
    expect(await findStore(path.join(home, "project"), home)).toBeUndefined();
    const link = path.join(folder(), "home");
    fs.symlinkSync(home, link);
    expect(await findStore(path.join(link, "project"), link)).toBeUndefined();
    expect(await findStore("/", HOME)).toBeUndefined();
    manifest(path.join(home, "project"));
    expect((await findStore(path.join(home, "project"), home))?.root).toBe(path.join(home, "project/.memory"));
  });

  it("is never one of the whole machine's", async () => {
    const dir = folder(makeRepository());
    manifest(dir, "global");
    expect(await findStore(dir, HOME)).toBeUndefined();
    manifest(dir, "org\nname: acme");
    expect((await findStore(dir, HOME))?.root).toBe(path.join(dir, ".memory"));
  });
});

describe("several places", () => {
  it("are tried in their order, and asked only when it is their turn", async () => {
    const [a, b, empty] = [folder(makeCheckedInStore()), folder(makeCheckedInStore()), folder()];
    let asked = 0;
    const later = async () => {
      asked++;
      return [path.join(empty, "is not there"), b];
    };
    expect(await firstStore([empty, a, later], HOME)).toMatchObject({ repository: { top: a } });
    expect(asked).toBe(0);
    expect(await firstStore([empty, later, a], HOME)).toMatchObject({ repository: { top: b } });
    expect(asked).toBe(1);
    expect(await firstStore([empty, async () => []], HOME)).toBeUndefined();
  });
});
