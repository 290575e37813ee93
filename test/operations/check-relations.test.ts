import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Bench, entryText, type Json, uuidAt } from "../support/memory.js";
import { put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const id = (number: number): string => uuidAt(1_700_000_000_000, number);
const write = (file: string, text: string): void => put(path.join(bench.root, file), text);

async function check(input: Json = {}): Promise<{ findings: Json[] }> {
  await bench.rescan();
  return bench.call("admin check", input);
}

it("reads a relation as everything else does: an address, spelt exactly, without a scope in the entry's own", async () => {
  write("memories/a.md", entryText(`id: ${id(1)}`, "Just text."));
  write("guidelines/g.md", "A rule.\n");
  write("sessions/s/guidelines/g.md", "A rule of that session.\n");
  const targets = ["guidelines/g", "memories/a", "memories/A", "project/demo:memories/A", "a", id(1), "guidelines/no"];
  const list = targets.map((target) => `  - {type: x, target: "${target}"}`).join("\n");
  write("sessions/s/memories/c.md", entryText(`relations:\n${list}`, "x"));
  const { findings } = await check();
  const hint = "; if it means project/demo:memories/a, write that";
  expect(findings).toEqual(
    targets.slice(1).map((target, at) => ({
      path: "sessions/s/memories/c.md",
      line: at + 4,
      rule: "dangling",
      message: `x leads to ${target}, which is not there${target === "guidelines/no" ? "" : hint}`,
    })),
  );
  const { relations } = await bench.call<{ relations: Json[] }>("relation list", {
    ref: "session/s:memories/c",
    limit: 50,
  });
  expect(relations.flatMap(({ target, missing }) => (missing ? [] : [target]))).toEqual(["session/s:guidelines/g"]);
  await check({ fix: true });
  const left = ["a", id(1), "guidelines/no"];
  expect((await check()).findings.map(({ message }) => String(message).split(/[ ,]/)[3])).toEqual(left);
});
