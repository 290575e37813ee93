import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeWorkflow, WORKFLOW_FILE, type WorkflowPlace, writeWorkflow } from "../../src/setup/workflows.js";
import { put, temporaryFolder } from "../support/repositories.js";

let place: WorkflowPlace;
beforeEach(() => {
  place = { top: temporaryFolder(), folder: ".memory", version: "3.4.5" };
});
afterEach(() => fs.rmSync(place.top, { recursive: true, force: true }));
const text = (): string => fs.readFileSync(path.join(place.top, WORKFLOW_FILE), "utf8");

describe("the workflow", () => {
  it("runs on pull requests that touch the store, with the program's major version and no right but to read", async () => {
    expect(await writeWorkflow(place)).toBe("made");
    const made = text();
    expect(made).toContain('on:\n  pull_request:\n    paths:\n      - ".memory/**"\n');
    expect(made).toContain("permissions:\n  contents: read\n");
    expect(made).toMatch(/BASE: origin\/\$\{\{ github\.base_ref \}\}\n/);
    expect(made).toContain('run: npx -y git-memory@3 check --base "$BASE" --format github\n');
    expect(made).toContain('check --base "$BASE" --format markdown >> "$GITHUB_STEP_SUMMARY"');
    expect(made).toContain("fetch-depth: 0");
    for (const [, pin] of made.matchAll(/uses: (.*)/g)) expect(pin).toMatch(/^actions\/[\w-]+@v\d+$/);
    // A branch's name reaches the shell as a variable only.
    expect(made.match(/run: .*\$\{\{/)).toBeNull();
  });

  it("covers the whole repository where that is the store", async () => {
    await writeWorkflow({ ...place, folder: "." });
    expect(text()).toContain("on:\n  pull_request:\n\npermissions:");
  });

  it("is made once, left alone when a person changed it, and removed only as it was made", async () => {
    await writeWorkflow(place);
    const made = text();
    expect(await writeWorkflow(place)).toBe("complete");
    expect(text()).toBe(made);
    put(path.join(place.top, WORKFLOW_FILE), `${made}# ours\n`);
    expect(await writeWorkflow(place)).toBe("differs");
    expect(await removeWorkflow(place)).toBe("differs");
    expect(text()).toBe(`${made}# ours\n`);
    put(path.join(place.top, WORKFLOW_FILE), made);
    expect(await removeWorkflow(place)).toBe("removed");
    expect(await removeWorkflow(place)).toBe("absent");
  });

  it("is not written through a link that leaves the repository", async () => {
    const outside = temporaryFolder();
    fs.mkdirSync(path.join(place.top, ".github"));
    fs.symlinkSync(outside, path.join(place.top, ".github/workflows"));
    await expect(writeWorkflow(place)).rejects.toMatchObject({ code: "forbidden" });
    expect(fs.readdirSync(outside)).toEqual([]);
    fs.rmSync(outside, { recursive: true });
  });
});
