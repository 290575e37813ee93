import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, runJson } from "../support/program.js";
import { makeCheckedInStore, makeRepository, put } from "../support/repositories.js";

let dir: string;
beforeAll(() => {
  dir = makeCheckedInStore();
  runJson(dir, "save", "Use Postgres for billing", "Invoices need serialisable transactions.");
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const NOTHING = { status: 0, stdout: "", stderr: "" };

describe("context --hook", () => {
  it("prints what applies, within the budget that is asked for", () => {
    const { status, stdout, stderr } = run(dir, ["context", "--hook", "--max-tokens", "500"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Use Postgres for billing");
    expect(stdout).toBe(run(dir, ["context", "--max-tokens", "500"]).stdout);
  });

  it("prints it in the form of the host that asks", () => {
    const { stdout: plain } = run(dir, ["context", "--hook"]);
    const asked = (format: string) => run(dir, ["context", `--hook=${format}`]);
    expect(JSON.parse(asked("cursor").stdout)).toEqual({ additional_context: plain });
    expect(JSON.parse(asked("gemini").stdout)).toEqual({
      hookSpecificOutput: { hookEventName: "SessionStart", additionalContext: plain },
    });
    expect(asked("nobody")).toEqual(NOTHING);
  });

  it("prints nothing where there is no store, the store is broken or the call is wrong", () => {
    const bare = makeRepository();
    expect(run(bare, ["context", "--hook"])).toEqual(NOTHING);
    expect(run(bare, ["context", "--hook=cursor"])).toEqual(NOTHING);
    put(path.join(bare, ".memory/memory.yaml"), "format: [");
    expect(run(bare, ["context", "--hook"])).toEqual(NOTHING);
    expect(run(dir, ["context", "--hook", "--max-tokens", "many"])).toEqual(NOTHING);
    expect(run(dir, ["context", "--hook", "--no-such-flag"])).toEqual(NOTHING);
    fs.rmSync(bare, { recursive: true, force: true });
  });

  it("lets the session begin when something hangs", () => {
    const hanging = path.join(dir, "hanging-git");
    fs.writeFileSync(hanging, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    // A run that does not end within 30 seconds has no status.
    expect(run(dir, ["context", "--hook"], { env: { GIT_MEMORY_GIT: hanging } })).toEqual(NOTHING);
  });
});
