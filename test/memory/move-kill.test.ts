import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { Bench } from "../support/memory.js";
import { processProgram } from "../support/process-program.js";
import { faults, git } from "../support/repositories.js";

const run = (...args: string[]) =>
  spawnSync(process.execPath, [processProgram("move-process"), ...args], { encoding: "utf8", timeout: 60_000 });

it.each([
  ["personal", "project"],
  ["project", "personal"],
])(
  "a move from %s to %s that is killed between its two writes is completed by the same move",
  async (from, to) => {
    let bench = await Bench.open();
    const { dir } = bench;
    const home = path.dirname(bench.personal);
    const saved = await bench.call("save", { title: "A", content: "one", scope: from });
    await bench.call("save", { title: "B", content: "b", scope: "personal", fields: { importance: 0.9 } });
    await bench.call("relation create", { ref: "b", type: "cites", target: "a" });
    await bench.memory.close();

    const args = [dir, home, from, "memories/a.md", to];
    const killed = run(...args, "kill");
    expect([killed.signal, killed.stderr]).toEqual(["SIGKILL", ""]);
    const places = [path.join(dir, ".memory/memories/a.md"), path.join(bench.personal, "memories/a.md")];
    expect(places.map((file) => fs.existsSync(file))).toEqual([true, true]);
    expect([faults(dir), faults(bench.personal)]).toEqual(["", ""]);

    const again = run(...args);
    expect([again.status, again.stderr]).toEqual([0, ""]);
    const rest = to === "project" ? [true, false] : [false, true];
    expect(places.map((file) => fs.existsSync(file))).toEqual(rest);
    expect([faults(dir), faults(bench.personal)]).toEqual(["", ""]);
    expect(git(bench.personal, "status", "--porcelain", "--", "memories")).toBe("");

    bench = await Bench.open({ dir, home });
    const { relations } = await bench.call<{ relations: object[] }>("relation list", { ref: String(saved.id) });
    expect(relations).toMatchObject([{ source: "global:memories/b", type: "cites" }]);
    const { versions } = await bench.call<{ versions: object[] }>("history list", { ref: String(saved.id) });
    expect(versions).toMatchObject([{ from: expect.stringMatching(`^${from}:`), agent: "mover" }]);
    await bench.close();
  },
  120_000,
);
