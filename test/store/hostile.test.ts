import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  entryText,
  faults,
  git,
  historyOf,
  makeCheckedInStore,
  makeOwnStore,
  openStore,
  put,
  temporaryFolder,
  write,
} from "../support/repositories.js";

const FILE = "memories/one.md";
let dir: string;
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("hostile files", () => {
  let root: string;
  beforeEach(() => {
    dir = makeCheckedInStore();
    root = path.join(dir, ".memory");
    put(path.join(root, FILE), entryText("Good"));
  });
  const reasonFor = async (file: string) => {
    const store = await openStore(dir);
    const { invalid, others } = await store.status();
    expect(await store.current(FILE)).toBeDefined();
    await store.close();
    return [...invalid, ...others].find((one) => one.path === file)?.reason;
  };

  it("links, FIFOs, folders with an entry's name and huge files are reported, and nothing hangs", async () => {
    const outside = temporaryFolder();
    put(path.join(outside, "secret.md"), entryText("Secret"));
    fs.symlinkSync(path.join(outside, "secret.md"), path.join(root, "memories/link.md"));
    fs.symlinkSync(outside, path.join(root, "memories/out"));
    execFileSync("mkfifo", [path.join(root, "memories/pipe.md")]);
    put(path.join(root, "memories/big.md"), "");
    fs.truncateSync(path.join(root, "memories/big.md"), 100 * 1024 * 1024);
    expect(await reasonFor("memories/link.md")).toContain("symbolic link");
    expect(await reasonFor("memories/pipe.md")).toContain("not a regular file");
    expect(await reasonFor("memories/big.md")).toContain("104857600 bytes");
    const store = await openStore(dir);
    for (const file of ["memories/out/secret.md", "memories/out/new.md"])
      await expect(write(store, file, entryText("X"))).rejects.toMatchObject({ code: "forbidden" });
    for (const file of ["memories/link.md", "memories/pipe.md", "memories/big.md"])
      await expect(write(store, file, entryText("X"))).rejects.toMatchObject({ code: "forbidden" });
    expect(await store.current("memories/out/secret.md")).toBeUndefined();
    expect(fs.readdirSync(outside)).toEqual(["secret.md"]);
    await store.close();
    fs.rmSync(outside, { recursive: true });
  });

  it("a folder that became a link out of the store is not written through by recovery", async () => {
    const outside = temporaryFolder();
    const store = await openStore(dir);
    await write(store, "memories/sub/deep.md", entryText("A"));
    const mark = path.join(dir, ".git/git-memory/journal.git/refs/written/main");
    const old = fs.readFileSync(mark);
    await write(store, "memories/sub/deep.md", entryText("B"));
    fs.writeFileSync(mark, old);
    fs.rmSync(path.join(root, "memories/sub"), { recursive: true });
    put(path.join(outside, "deep.md"), entryText("A"));
    fs.symlinkSync(outside, path.join(root, "memories/sub"));
    await write(store, FILE, entryText("C"));
    expect(fs.readFileSync(path.join(outside, "deep.md"), "utf8")).toBe(entryText("A"));
    expect((await store.status()).dropped.map((lost) => lost.path)).toEqual(["memories/sub/deep.md"]);
    await store.close();
    fs.rmSync(outside, { recursive: true });
  });

  it("bytes of any kind survive a write beside them", async () => {
    const odd = {
      "nul.md": "a\0b",
      "latin.md": Buffer.from([0xff, 0xfe, 0x80]),
      "crlf.md": "---\r\ntitle: x\r\n---\r\n\r\nb\r\n",
    };
    for (const [name, bytes] of Object.entries(odd)) put(path.join(root, "memories", name), bytes);
    const store = await openStore(dir);
    await write(store, FILE, entryText("B"));
    await write(store, "memories/ok.md", entryText("C"));
    for (const [name, bytes] of Object.entries(odd))
      expect(fs.readFileSync(path.join(root, "memories", name)).equals(Buffer.from(bytes))).toBe(true);
    await store.close();
  });

  it("a HEAD that leads out of refs is no branch, and nothing is written there", async () => {
    const own = makeOwnStore();
    const victim = path.join(temporaryFolder(), "victim");
    fs.writeFileSync(path.join(own, ".git/HEAD"), `ref: ${path.relative(path.join(own, ".git"), victim)}\n`);
    const store = await openStore(own);
    expect((await write(store, FILE, entryText("A"))).pending).toBe("HEAD is detached");
    expect(fs.existsSync(victim)).toBe(false);
    await store.close();
    fs.writeFileSync(path.join(own, ".git/HEAD"), "ref: refs/heads/a\n");
    put(path.join(own, ".git/refs/heads/a"), "ref: refs/heads/b\n");
    put(path.join(own, ".git/refs/heads/b"), "ref: refs/heads/a\n");
    const circle = await openStore(own);
    await write(circle, FILE, entryText("B"));
    await circle.close();
    fs.rmSync(own, { recursive: true });
  });

  it("where the lock cannot be made, the answer is a refusal and not a crash", async () => {
    put(path.join(dir, ".git/git-memory"), "not a folder");
    const store = await openStore(dir);
    expect(await store.current(FILE)).toBeDefined();
    await expect(write(store, FILE, entryText("B"))).rejects.toThrow();
    expect(fs.readFileSync(path.join(root, FILE), "utf8")).toBe(entryText("Good"));
    await store.close();
  });
});

describe("a hostile repository runs no code through us", () => {
  it.each(["sha1", "sha256"])("in a %s repository: configuration, hooks, filters, drivers, remotes", async (format) => {
    const marker = path.join(temporaryFolder(), "ran");
    dir = temporaryFolder();
    git(dir, "init", "-q", "-b", "main", `--object-format=${format}`);
    git(dir, "config", "user.name", "Ada Person");
    git(dir, "config", "user.email", "ada@example.org");
    put(path.join(dir, "memory.yaml"), "format: 1\nscope: project\nname: demo\n");
    put(path.join(dir, FILE), entryText("A"));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "store");
    const script = path.join(dir, ".git/evil.sh");
    put(script, `#!/bin/sh\ntouch ${marker}\ncat\n`);
    fs.chmodSync(script, 0o755);
    for (const name of [
      "pre-commit",
      "post-commit",
      "reference-transaction",
      "post-index-change",
      "prepare-commit-msg",
      "post-checkout",
    ])
      fs.copyFileSync(script, path.join(dir, ".git/hooks", name));
    for (const name of fs.readdirSync(path.join(dir, ".git/hooks")))
      fs.chmodSync(path.join(dir, ".git/hooks", name), 0o755);
    for (const key of [
      "core.fsmonitor",
      "filter.evil.clean",
      "filter.evil.smudge",
      "filter.evil.process",
      "diff.external",
      "diff.evil.command",
      "diff.evil.textconv",
      "core.pager",
      "gpg.program",
      "core.editor",
      "core.sshCommand",
      "core.askPass",
      "credential.helper",
      "merge.evil.driver",
      "pager.status",
      "pager.log",
      "uploadpack.packObjectsHook",
      "sequence.editor",
      "core.alternateRefsCommand",
    ])
      git(dir, "config", key, script);
    for (const name of ["status", "log", "var", "cat-file", "commit-tree"])
      git(dir, "config", `alias.${name}`, `!${script}`);
    git(dir, "config", "core.hooksPath", path.join(dir, ".git/hooks"));
    git(dir, "config", "remote.origin.url", `ext::${script}`);
    git(dir, "config", "remote.origin.promisor", "true");
    put(path.join(dir, ".gitattributes"), "* filter=evil diff=evil merge=evil\n");
    const store = await openStore(dir);
    fs.utimesSync(path.join(dir, FILE), new Date(), new Date());
    await store.refresh();
    await write(store, FILE, entryText("B"));
    await write(store, "memories/two.md", entryText("Two"));
    const { versions } = await historyOf(store, FILE);
    for (const { version, commit } of versions) expect(await store.readVersion(version!, FILE, commit)).toBeDefined();
    expect(versions).toHaveLength(2);
    await store.readVersion("0".repeat(40), FILE);
    await store.status();
    await store.settle();
    await store.close();
    expect(fs.existsSync(marker)).toBe(false);
    fs.rmSync(path.join(dir, ".gitattributes"));
    git(dir, "config", "--remove-section", "core");
    git(dir, "config", "core.repositoryFormatVersion", "1");
    if (format === "sha1") expect(faults(dir)).toBe("");
  });
});
