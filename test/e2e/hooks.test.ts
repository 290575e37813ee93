import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { PROGRAM } from "../support/client.js";
import { GIT_ENV, git, makeCheckedInStore, put } from "../support/repositories.js";

it("commits through a hook that itself writes to the store: nobody waits for the hook", () => {
  const dir = makeCheckedInStore();
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [PROGRAM, ...args], { cwd: dir, encoding: "utf8", env: GIT_ENV });
  run("save", "Before the commit", "carried by it");
  const hook = path.join(dir, ".git/hooks/pre-commit");
  put(hook, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" save "From the hook" "written meanwhile"\n`);
  fs.chmodSync(hook, 0o755);
  expect(run("commit", "-m", "with a hook")).toContain("Committed 1 file");
  expect(git(dir, "show", "--stat", "--format=%s", "HEAD")).toMatch(/with a hook[\s\S]*before-the-commit\.md/);
  expect(git(dir, "status", "--porcelain")).toBe("?? .memory/memories/from-the-hook.md\n");
  expect(run("get", "from-the-hook")).toContain("written meanwhile");
  fs.rmSync(dir, { recursive: true, force: true });
});
