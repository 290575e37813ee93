import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { repositoryAt } from "../../src/git/discover.js";
import { findGit } from "../../src/git/git-binary.js";
import { driverCommand, mergeDriverState, parseGitVersion, setMergeDriver } from "../../src/setup/merge-driver.js";
import { PROGRAM } from "../support/client.js";
import { GIT_ENV, git, makeCheckedInStore, put } from "../support/repositories.js";

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

/** A store whose branches `main` and `side` both changed one line of an entry, with our driver set up. */
async function contested(): Promise<string> {
  const dir = makeCheckedInStore();
  made.push(dir);
  put(path.join(dir, ".memory/.gitattributes"), "*.md merge=git-memory\n");
  const entry = path.join(dir, ".memory/memories/a.md");
  const commit = (text: string, message: string) => {
    put(entry, text);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", message);
  };
  commit("one\ntwo\nthree\n", "base");
  git(dir, "checkout", "-qb", "side");
  commit("one\nTHEIRS\nthree\n", "side");
  git(dir, "checkout", "-q", "main");
  commit("one\nOURS\nthree\n", "main");
  expect(await setMergeDriver((await repositoryAt(dir))!, (await findGit("git", GIT_ENV))!)).toBe(true);
  return dir;
}

/** A folder with nothing but the programs that git's shell needs, and `git-memory` as given. */
function pathWith(program: string | undefined): string {
  const bin = fs.mkdtempSync(path.join(path.dirname(made.at(-1)!), "git-memory-bin-"));
  made.push(bin);
  if (program !== undefined) {
    fs.writeFileSync(path.join(bin, "git-memory"), program);
    fs.chmodSync(path.join(bin, "git-memory"), 0o755);
  }
  return `${bin}:${GIT_ENV.PATH}`;
}

const merge = (dir: string, program: string | undefined) =>
  spawnSync("git", ["merge", "side"], { cwd: dir, encoding: "utf8", env: { ...GIT_ENV, PATH: pathWith(program) } });

describe("the merge driver of git's configuration", () => {
  it.each([
    ["is missing", undefined],
    ["does not know the command", `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" no-such-command\n`],
    ["crashes", "#!/bin/sh\nkill -9 $$\n"],
  ])("leaves both sides with normal markers when the program %s", async (_what, program) => {
    const dir = await contested();
    expect(merge(dir, program).status).toBe(1);
    expect(fs.readFileSync(path.join(dir, ".memory/memories/a.md"), "utf8")).toMatch(
      /^one\n<{7} .*\nOURS\n={7}\nTHEIRS\n>{7} .*\nthree\n$/,
    );
    expect(git(dir, "status", "--porcelain")).toBe("UU .memory/memories/a.md\n");
  });

  it("takes the program's word when it merged, or left a conflict", async () => {
    const clean = await contested();
    expect(merge(clean, '#!/bin/sh\necho merged > "$3"\n').status).toBe(0);
    expect(fs.readFileSync(path.join(clean, ".memory/memories/a.md"), "utf8")).toBe("merged\n");
    const open = await contested();
    expect(merge(open, '#!/bin/sh\necho "$1 $5 $6" > "$3"; exit 10\n').status).toBe(1);
    expect(fs.readFileSync(path.join(open, ".memory/memories/a.md"), "utf8")).toMatch(
      /^merge-driver \.memory\/memories\/a\.md --marker-size=7$/m,
    );
    expect(git(open, "status", "--porcelain")).toBe("UU .memory/memories/a.md\n");
  });

  it("is written once, replaced when it is another, and beside nothing else", async () => {
    const dir = await contested();
    const [repository, binary] = [(await repositoryAt(dir))!, (await findGit("git", GIT_ENV))!];
    const config = fs.readFileSync(path.join(dir, ".git/config"), "utf8");
    expect(await setMergeDriver(repository, binary)).toBe(false);
    expect(await mergeDriverState(repository, undefined)).toBe("current");
    expect(fs.readFileSync(path.join(dir, ".git/config"), "utf8")).toBe(config);
    git(dir, "config", "merge.git-memory.driver", "true");
    expect(await mergeDriverState(repository, binary)).toBe("other");
    expect(await mergeDriverState(repository, undefined)).toBe("other");
    expect(await setMergeDriver(repository, binary)).toBe(true);
    expect(fs.readFileSync(path.join(dir, ".git/config"), "utf8")).toBe(config);
    git(dir, "config", "--remove-section", "merge.git-memory");
    expect(await mergeDriverState(repository, binary)).toBe("missing");
  });

  it("has git's labels where git tells them", () => {
    expect(parseGitVersion("git version 2.39.5 (Apple Git-154)")).toEqual([2, 39]);
    expect(driverCommand([2, 44])).toContain("-L %X -L %S -L %Y");
    expect(driverCommand([2, 44])).toContain("--marker-size=%L --ours=%X --base=%S --theirs=%Y;");
    expect(driverCommand([3, 0])).toContain("%X");
    expect(driverCommand([2, 43])).not.toContain("%X");
    expect(driverCommand(undefined)).toContain("-L ours");
  });
});
