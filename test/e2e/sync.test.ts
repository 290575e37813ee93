import fs from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Clones, makeClones } from "../support/clones.js";
import { run, runJson } from "../support/program.js";
import { git } from "../support/repositories.js";

let clones: Clones;
beforeAll(() => {
  clones = makeClones();
});
afterAll(() => fs.rmSync(clones.folder, { recursive: true, force: true }));

it("what one person saves is found by another after a push and a pull", () => {
  const saved = runJson(clones.a, "save", "Walruses", "They have tusks.");
  expect(saved).toMatchObject({ committed: true });
  const pushed = run(clones.a, ["sync", "push"]);
  expect([pushed.status, pushed.stderr]).toEqual([0, ""]);
  expect(pushed.stdout).toContain("Pushed.");
  const pulled = run(clones.b, ["sync", "pull"]);
  expect([pulled.status, pulled.stdout]).toEqual([0, expect.stringContaining("Pulled 1 file")]);
  expect(run(clones.b, ["search", "tusks"]).stdout).toContain("memories/walruses");
  expect(runJson(clones.b, "sync", "status")).toMatchObject({ kind: "own", ahead: 0, behind: 0 });
});

it("without the git program and a remote over HTTP the token in the environment is used and never shown", () => {
  git(clones.b, "remote", "set-url", "origin", "http://127.0.0.1:9/none.git");
  const env = { GIT_MEMORY_GIT: "no-such-git", GIT_MEMORY_TOKEN: "a-token-of-the-test" };
  const ran = run(clones.b, ["sync", "pull"], { env });
  expect([ran.status, ran.stdout]).toEqual([1, ""]);
  expect(ran.stderr).toContain("origin could not be reached");
  expect(ran.stderr).not.toContain("a-token-of-the-test");
});
