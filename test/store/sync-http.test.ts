import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryError } from "../../src/errors.js";
import {
  type Clones,
  cloneOf,
  commit,
  entry,
  makeClones,
  type OpenClone,
  openClone,
  textIn,
} from "../support/clones.js";
import { type GitHttp, serveGit } from "../support/git-http.js";
import { faults, GIT_ENV, git, write } from "../support/repositories.js";

const FILE = "memories/x.md";
const TOKEN = "a-token-of-the-test";
let clones: Clones;
let remote: GitHttp;
let a: OpenClone;
const others: OpenClone[] = [];

/** A clone whose remote is the server, on a machine without the git program unless said. */
async function overHttp(dir: string, token: string | null = TOKEN, noGit = true): Promise<OpenClone> {
  git(dir, "remote", "set-url", "origin", `${remote.url}/remote.git`);
  const opened = await openClone(dir, {
    noGit,
    env: { ...GIT_ENV, ...(token === null ? {} : { GIT_MEMORY_TOKEN: token }) },
  });
  others.push(opened);
  return opened;
}

beforeEach(async () => {
  clones = makeClones({ [FILE]: entry(1) });
  git(clones.remote, "config", "http.receivepack", "true");
  remote = await serveGit(clones.folder, TOKEN);
  a = await overHttp(clones.a);
});

afterEach(async () => {
  for (const { store, dir } of others.splice(0)) {
    await store.close();
    expect(faults(dir)).toBe("");
  }
  await remote.close();
  expect(faults(clones.remote)).toBe("");
  fs.rmSync(clones.folder, { recursive: true, force: true });
});

/** What B does, whose remote is the folder. */
const pushedByB = (files: Readonly<Record<string, string>>): void => {
  git(clones.b, "pull", "-q", "--no-rebase");
  commit(clones.b, files);
  git(clones.b, "push", "-q");
};

const failed = async (work: Promise<unknown>): Promise<MemoryError> => {
  const error = await work.then(
    () => new Error("it was not refused"),
    (thrown: unknown) => thrown,
  );
  expect(String(error)).not.toContain(TOKEN);
  return error as MemoryError;
};

describe("a remote over HTTP, without the git program", () => {
  it("is pulled from and pushed to", async () => {
    pushedByB({ "memories/new.md": entry(2) });
    expect(await a.store.sync.pull()).toMatchObject({ how: "forwarded", pulled: 1 });
    expect(textIn(clones.a, "memories/new.md")).toBe(entry(2));
    await write(a.store, FILE, entry(1, { category: "fact" }));
    expect(await a.store.sync.push()).toMatchObject({ pushed: true });
    expect(git(clones.remote, "show", `main:${FILE}`)).toBe(entry(1, { category: "fact" }));
    expect(await a.store.sync.state()).toMatchObject({
      ahead: 0,
      behind: 0,
      branch: "main",
      fetchedAt: expect.any(Number),
    });
    expect(git(clones.a, "status", "-sb", "--porcelain")).toBe("## main...origin/main\n");
    expect(await a.store.sync.push()).toMatchObject({ how: "current", pushed: false });
  });

  it("is asked for what is lacking only", async () => {
    pushedByB({ "memories/new.md": entry(2) });
    await a.store.sync.pull();
    const packs = () =>
      fs.readdirSync(path.join(clones.a, ".git/objects/pack")).filter((name) => name.endsWith(".pack"));
    const before = packs();
    pushedByB({ "memories/new.md": entry(2, {}, "changed\n") });
    await a.store.sync.pull();
    const [pack] = packs().filter((name) => !before.includes(name));
    // A commit, two trees and a blob.
    expect(
      git(clones.a, "verify-pack", "-v", `.git/objects/pack/${pack?.replace(/pack$/, "idx")}`).match(
        /^[0-9a-f]{40} /gm,
      ),
    ).toHaveLength(4);
  });

  it.each([null, "wrong"])("says so when the token is %s, and never what it is", async (token) => {
    const b = await overHttp(clones.b, token);
    await write(b.store, FILE, entry(1, { category: "fact" }));
    const before = git(clones.b, "rev-parse", "HEAD");
    for (const verb of ["pull", "push"] as const)
      expect(await failed(b.store.sync[verb]())).toMatchObject({
        code: "unauthenticated",
        message: expect.stringMatching(
          /^Nothing was fetched: origin does not accept who we are\..*GIT_MEMORY_TOKEN\.$/,
        ),
      });
    expect(git(clones.b, "rev-parse", "HEAD")).toBe(before);
    expect(textIn(clones.b, FILE)).toBe(entry(1, { category: "fact" }));
  });

  it("may forbid the push: everything stays here", async () => {
    await write(a.store, FILE, entry(1, { category: "fact" }));
    remote.refuse = 403;
    expect(await failed(a.store.sync.push())).toMatchObject({ code: "forbidden" });
    expect(await a.store.sync.state()).toMatchObject({ ahead: 1, behind: 0 });
    expect(await a.store.sync.push()).toMatchObject({ pushed: true });
  });

  it.each(["service=git-upload-pack", "/git-upload-pack", "service=git-receive-pack"])(
    "that breaks the connection at %s loses nothing",
    async (drop) => {
      pushedByB({ "memories/new.md": entry(2) });
      await write(a.store, FILE, entry(1, { category: "fact" }));
      remote.drop = drop;
      expect(await failed(a.store.sync.push())).toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(
          /^Nothing was (fetched|pushed, everything is kept here): origin could not be reached/,
        ),
      });
      expect(faults(clones.a)).toBe("");
      expect(textIn(clones.a, FILE)).toBe(entry(1, { category: "fact" }));
      expect(await a.store.sync.push()).toMatchObject({ pushed: true });
      expect(git(clones.remote, "ls-tree", "-r", "--name-only", "main")).toContain("memories/new.md");
    },
  );

  it("whose answer to a push is lost has it all the same", async () => {
    await write(a.store, FILE, entry(1, { category: "fact" }));
    remote.drop = "/git-receive-pack";
    await failed(a.store.sync.push());
    expect(await a.store.sync.push()).toMatchObject({ conflicts: [] });
    expect(git(clones.remote, "rev-parse", "main")).toBe(git(clones.a, "rev-parse", "HEAD"));
  });

  it("that moves before the push is merged and pushed to again", async () => {
    await write(a.store, FILE, entry(1, { category: "fact" }));
    remote.beforePush = () => pushedByB({ [FILE]: entry(1, {}, "by b\n") });
    expect(await a.store.sync.push()).toMatchObject({ how: "merged", merged: 1, pushed: true });
    expect(git(clones.remote, "show", `main:${FILE}`)).toBe(entry(1, { category: "fact" }, "by b\n"));
  });

  it("that moves each time is given up, with everything kept here", async () => {
    await write(a.store, FILE, entry(1, { category: "fact" }));
    let times = 0;
    const again = () => {
      pushedByB({ "notes.txt": `${++times}\n` });
      remote.beforePush = again;
    };
    remote.beforePush = again;
    const pushing = failed(a.store.sync.push());
    expect(await pushing).toMatchObject({ code: "unavailable", message: expect.stringContaining("each of 5 times") });
    remote.beforePush = undefined;
    expect(await a.store.sync.push()).toMatchObject({ pushed: true });
  });

  it("gets the first branch of a store that was never pushed", async () => {
    git(clones.folder, "init", "-q", "--bare", "-b", "main", "empty.git");
    git(path.join(clones.folder, "empty.git"), "config", "http.receivepack", "true");
    git(clones.a, "remote", "set-url", "origin", `${remote.url}/empty.git`);
    git(clones.a, "update-ref", "-d", "refs/remotes/origin/main");
    expect(await a.store.sync.push()).toMatchObject({ how: "current", pushed: true });
    expect(git(path.join(clones.folder, "empty.git"), "rev-parse", "main")).toBe(git(clones.a, "rev-parse", "HEAD"));
    git(clones.a, "switch", "-qc", "another");
    expect(await a.store.sync.pull()).toMatchObject({ how: "current" });
    expect(await a.store.sync.push()).toMatchObject({ pushed: true });
  });

  it("is not there at all", async () => {
    git(clones.a, "remote", "set-url", "origin", `${remote.url}/none.git`);
    expect(await failed(a.store.sync.pull())).toMatchObject({ code: "not_found" });
    await remote.close();
    expect(await failed(a.store.sync.pull())).toMatchObject({ code: "unavailable" });
    remote = await serveGit(clones.folder, TOKEN);
  });

  it("gets no token over plain HTTP beyond this machine, and none at all over SSH", async () => {
    git(clones.a, "remote", "set-url", "origin", "git@example.org:store.git");
    expect(await failed(a.store.sync.pull())).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("needs the git program"),
    });
    // The same machine by a name that is not known to be its own.
    git(clones.a, "remote", "set-url", "origin", remote.url.replace("127.0.0.1", "0.0.0.0").concat("/remote.git"));
    remote.requests.length = 0;
    expect(await failed(a.store.sync.pull())).toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("plain HTTP"),
    });
    expect(remote.requests).toEqual([expect.stringContaining("as nobody")]);
  });

  it("shows no password of an address", async () => {
    const address = remote.url.replace("http://", `http://me:${TOKEN}@`);
    git(clones.a, "remote", "set-url", "origin", `${address}/remote.git`);
    expect(JSON.stringify(await a.store.sync.state())).not.toContain(TOKEN);
    pushedByB({ "memories/new.md": entry(2) });
    expect(await a.store.sync.pull()).toMatchObject({ how: "forwarded" });
    expect(fs.readFileSync(path.join(clones.a, ".git/FETCH_HEAD"), "utf8")).not.toContain(TOKEN);
  });
});

describe("the same remote with the git program", () => {
  it("is reached with the person's own credentials, and refuses others in our words", async () => {
    const dir = cloneOf(clones.remote, path.join(clones.folder, "c"), "Cleo");
    const c = await overHttp(dir, null, false);
    expect(await failed(c.store.sync.pull())).toMatchObject({ code: "unauthenticated" });
    git(dir, "remote", "set-url", "origin", `${remote.url.replace("//", `//cleo:${TOKEN}@`)}/remote.git`);
    await write(c.store, FILE, entry(1, { category: "fact" }));
    expect(await c.store.sync.push()).toMatchObject({ pushed: true });
    expect(remote.requests.at(-1)).toBe("POST /remote.git/git-receive-pack as cleo");
    remote.beforePush = () => pushedByB({ "notes.txt": "1\n" });
    await write(c.store, FILE, entry(1, { category: "insight" }));
    expect(await c.store.sync.push()).toMatchObject({ how: "merged", pushed: true });
    remote.drop = "service=git-upload-pack";
    expect(await failed(c.store.sync.pull())).toMatchObject({ code: "unavailable" });
  });
});
