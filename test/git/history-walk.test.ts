import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { walkPath } from "../../src/git/history-walk.js";
import { ObjectStore } from "../../src/git/objects.js";
import { GIT_ENV, git, makeRepository, put } from "../support/repositories.js";

let dir: string;
let clock = 0;
/** Commits with strictly growing times, so that the order is one for git and for us. */
const commit = (message: string, ...args: string[]) => {
  const date = `@${1_700_000_000 + ++clock} +0000`;
  const env = { ...GIT_ENV, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  execFileSync("git", ["commit", "-q", "--allow-empty", "-m", message, ...args], { cwd: dir, env });
};
const walk = async (file: string, commits = 10_000) =>
  walkPath(
    new ObjectStore(path.join(dir, ".git")),
    git(dir, "rev-parse", "HEAD").trim(),
    file,
    "",
    { commits, deadline: 1, clock: () => 0 },
    async (a, b) => a === b,
  );
const ids = async (file: string) => (await walk(file)).commits.map((one) => one.commit.oid);
const log = (...args: string[]) =>
  git(dir, "log", "--format=%H", ...args)
    .split("\n")
    .filter(Boolean);

beforeEach(() => {
  dir = makeRepository();
  clock = 0;
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("the history of a path", () => {
  it("is what git log says, with branches, merges and deletions (property)", async () => {
    const action = fc.tuple(
      fc.constantFrom("write", "other", "delete", "branch", "merge"),
      fc.integer({ min: 0, max: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 12 }), async (actions) => {
        git(dir, "checkout", "-q", "-f", "-B", "main", git(dir, "rev-list", "--max-parents=0", "HEAD").trim());
        for (const [what, value] of actions) {
          if (what === "branch") git(dir, "checkout", "-q", "-B", value % 2 ? "main" : "side");
          else if (what === "merge") {
            const date = `@${1_700_000_000 + ++clock} +0000`;
            const env = { ...GIT_ENV, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
            const branch = git(dir, "branch", "--list", "side").trim() ? "side" : "main";
            execFileSync("git", ["merge", "-q", "--no-ff", "-m", "merge", "-X", "ours", "-s", "ort", branch], {
              cwd: dir,
              env,
            });
          } else if (what === "delete" && fs.existsSync(path.join(dir, "a/x.md"))) {
            git(dir, "rm", "-q", "-f", "a/x.md");
            commit("delete");
          } else {
            put(path.join(dir, what === "write" ? "a/x.md" : "a/y.md"), `${value}\n`);
            git(dir, "add", ".");
            commit(what);
          }
        }
        expect(await ids("a/x.md")).toEqual(log("--", "a/x.md"));
      }),
      { numRuns: 12 },
    );
  });

  it("goes on at the older path of a file that was moved", async () => {
    put(path.join(dir, "old.md"), "text\n");
    git(dir, "add", ".");
    commit("one");
    git(dir, "mv", "old.md", "new.md");
    commit("move");
    put(path.join(dir, "new.md"), "more\n");
    git(dir, "add", ".");
    commit("two");
    const { commits, truncated } = await walk("new.md");
    expect(commits.map((one) => one.path)).toEqual(["new.md", "new.md", "old.md"]);
    expect(commits.map((one) => one.commit.oid)).toEqual(log("--follow", "--", "new.md"));
    expect(truncated).toBe(false);
  });

  it("says when it stopped early", async () => {
    for (let at = 0; at < 5; at++) commit("empty");
    expect((await walk("code.ts", 3)).truncated).toBe(true);
    expect(await ids("none.md")).toEqual([]);
  });
});
