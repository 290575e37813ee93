import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { run, runJson } from "../support/program.js";
import { git, makeCheckedInStore } from "../support/repositories.js";

it("tells what went stale in the first command after the commit that did it", () => {
  const dir = makeCheckedInStore();
  runJson(dir, "save", "The answer", "It is 42 for a reason.", "--fields", '{"files":["code.ts#L1"]}');
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "knowledge");
  for (const [commits, command] of [
    ["1 commit", ["search", "answer"]],
    ["2 commits", ["get", "the-answer"]],
    ["3 commits", ["context", "the answer"]],
    ["4 commits", ["context", "--hook", "--paths", "code.ts"]],
  ] as const) {
    fs.appendFileSync(path.join(dir, "code.ts"), `// ${commits}\n`);
    git(dir, "commit", "-qam", "code");
    let { stdout } = run(dir, command);
    // A hook says nothing when it could not be done in two seconds, as on a machine with much else to do.
    for (let times = 0; stdout === "" && times < 5; times++) ({ stdout } = run(dir, command));
    expect(stdout).toContain(`stale: code.ts changed in ${commits} since`);
  }
  git(dir, "rm", "-q", "code.ts");
  git(dir, "commit", "-qm", "gone");
  expect(run(dir, ["search", "answer"]).stdout).toContain("stale: code.ts is gone");
  fs.rmSync(dir, { recursive: true, force: true });
});
