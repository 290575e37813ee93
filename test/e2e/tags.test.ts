import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PROGRAM } from "../support/client.js";
import { run, runJson } from "../support/program.js";
import { faults, GIT_ENV, makeCheckedInStore } from "../support/repositories.js";

let dir: string;
beforeEach(() => {
  dir = makeCheckedInStore();
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

/** A process of its own; its status. */
const started = (...args: string[]): Promise<number | null> =>
  new Promise((resolve) => {
    spawn(process.execPath, [PROGRAM, ...args], { cwd: dir, env: GIT_ENV, stdio: "ignore" }).on("close", resolve);
  });

describe("several processes that tag at once", () => {
  it("lose nothing: neither tags of one entry nor those of tags.yaml", async () => {
    for (const name of ["one", "two"]) run(dir, ["save", name, `text of ${name}`, "--tags", "first"]);
    const writers = Array.from({ length: 8 }, (_, at) =>
      at === 7
        ? started("tag", "detach", "one", "two", "--tags", "first")
        : started("tag", "attach", "one", "two", "--tags", `t${at}`, "--tags", "shared"),
    );
    expect(await Promise.all(writers)).toEqual(Array(8).fill(0));
    const wanted = ["shared", "t0", "t1", "t2", "t3", "t4", "t5", "t6"];
    for (const ref of ["one", "two"]) {
      const { tags } = runJson(dir, "tag", "for-entry", ref) as { tags: { name: string }[] };
      expect(tags.map(({ name }) => name).sort()).toEqual(wanted);
    }
    const declared = fs.readFileSync(path.join(dir, ".memory/tags.yaml"), "utf8").match(/^\w+(?=:)/gm);
    expect(declared).toEqual(wanted);
    const { versions } = runJson(dir, "history", "one") as { versions: unknown[] };
    expect(versions).toHaveLength(9);
    expect(faults(dir)).toBe("");
  });
});

describe("the tag commands", () => {
  it("explain themselves, and what was typed wrong", () => {
    const help = run(dir, ["tag", "--help"]);
    expect(help.status).toBe(0);
    for (const verb of ["list", "create", "attach", "detach", "rename", "delete", "for-entry"])
      expect(help.stdout).toMatch(new RegExp(`^  ${verb} `, "m"));
    expect(run(dir, ["tag"])).toMatchObject({ status: 0, stdout: "" });
    expect(run(dir, ["tag", "colour"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/unknown command 'colour'/),
    });
    expect(run(dir, ["tag", "attach", "one"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/required option '--tags <text>' not specified/),
    });
    expect(run(dir, ["tag", "rename", "one"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/missing required argument 'to'/),
    });
  });
});
