import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { UsageLog, type UsageLogOptions } from "../../src/store/usage-log.js";
import { temporaryFolder } from "../support/repositories.js";

const HOUR = 3_600_000;

let root: string;
let folder: string;
beforeEach(() => {
  root = temporaryFolder();
  folder = path.join(root, "local");
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const open = (more: Partial<UsageLogOptions> = {}): UsageLog =>
  new UsageLog({ folder, root, flushAfter: undefined, ...more });
const file = (): string => path.join(folder, "usage.jsonl");

it("counts at once, writes when it is flushed, and is read by the next", () => {
  const log = open();
  log.read(["a", "b"], 1_000);
  log.read(["a"], 2_000);
  log.asked("  Retry   POLICY ", 1_500, 2.04, 7);
  log.asked("retry policy", 1_600, 1, 3);
  expect(log.readsOf("a")).toEqual({ count: 2, last: 2_000 });
  expect(fs.existsSync(file())).toBe(false);
  log.close();
  log.read(["a"], 3_000);
  log.close();
  const next = open();
  expect(next.readsOf("a")).toBeUndefined();
  next.refresh();
  expect(next.readsOf("a")).toEqual({ count: 2, last: 2_000 });
  expect(next.readsOf("b")).toEqual({ count: 1, last: 1_000 });
  expect(next.readsOf("c")).toBeUndefined();
  expect(next.queryOf("retry policy")).toEqual({ count: 2, last: 1_600, took: 3, hits: 3 });
  expect(next.queryOf("other")).toBeUndefined();
});

it("sees what others append, without counting its own twice", () => {
  const [one, two] = [open(), open()];
  one.read(["a"], 1_000);
  one.flush();
  two.read(["a"], 500);
  two.flush();
  one.read(["a"], 3_000);
  one.refresh();
  expect(one.readsOf("a")).toEqual({ count: 3, last: 3_000 });
  one.flush();
  one.refresh();
  two.refresh();
  expect(one.readsOf("a")).toEqual({ count: 3, last: 3_000 });
  expect(two.readsOf("a")).toEqual({ count: 3, last: 3_000 });
});

it("knows the last read before a moment of the last hour", () => {
  const log = open();
  for (const at of [1_000, HOUR, 2 * HOUR, 2 * HOUR + 5, 2 * HOUR + 9]) log.read(["a"], at);
  expect(log.lastRead("a", 2 * HOUR + 8)).toBe(2 * HOUR + 5);
  expect(log.lastRead("a", 2 * HOUR + 9)).toBe(2 * HOUR + 9);
  expect(log.lastRead("a", 2 * HOUR - 1)).toBe(HOUR);
  expect(log.lastRead("b", 2 * HOUR)).toBeUndefined();
  log.close();
  const next = open();
  next.refresh();
  expect(next.lastRead("a", 2 * HOUR + 8)).toBe(2 * HOUR + 5);
});

it("passes over lines that a kill cut off, or that somebody else wrote", () => {
  const log = open();
  log.read(["a"], 1_000);
  log.close();
  fs.appendFileSync(
    file(),
    '{"r":["a"],"t":5}\n[]\n7\nnull\n{"r":"a","t":1}\n{"k":"a","n":3,"t":[]}\n{"q":1}\n{"r":["a"],"t":',
  );
  const next = open();
  next.refresh();
  expect(next.readsOf("a")).toEqual({ count: 2, last: 1_000 });
  next.read(["a"], 2_000);
  next.close();
  const last = open();
  last.refresh();
  expect(last.readsOf("a")).toEqual({ count: 3, last: 2_000 });
});

it("begins anew when the file is deleted", () => {
  const log = open();
  log.read(["a"], 1_000);
  log.flush();
  fs.rmSync(file());
  log.refresh();
  expect(log.readsOf("a")).toBeUndefined();
  log.read(["a"], 2_000);
  log.close();
  const next = open();
  next.refresh();
  expect(next.readsOf("a")).toEqual({ count: 1, last: 2_000 });
});

it("is written anew when it is large, and says the same to everybody", () => {
  const [log, other] = [open({ compactAt: 2_000 }), open()];
  other.read(["other"], 1);
  other.flush();
  for (let at = 1; at <= 300; at++) {
    log.read([`e${at % 3}`], at);
    log.asked(`query ${at % 2}`, at, 1, at);
    log.flush();
  }
  log.close();
  expect(fs.statSync(file()).size).toBeLessThan(6_000);
  expect(fs.readdirSync(folder)).toEqual(["usage.jsonl"]);
  other.refresh();
  for (const reader of [log, other]) {
    expect(reader.readsOf("e0")).toEqual({ count: 100, last: 300 });
    expect(reader.readsOf("e1")).toEqual({ count: 100, last: 298 });
    expect(reader.readsOf("other")).toEqual({ count: 1, last: 1 });
    expect(reader.queryOf("query 0")).toEqual({ count: 150, last: 300, took: 150, hits: 300 });
  }
});

it("leaves a large file alone while another process writes it anew, unless that died", () => {
  const log = open({ compactAt: 10 });
  fs.mkdirSync(folder);
  fs.writeFileSync(`${file()}.lock`, "");
  for (let at = 1; at <= 5; at++) {
    log.read(["a"], at);
    log.flush();
  }
  expect(fs.readFileSync(file(), "utf8").match(/"r"/g)).toHaveLength(5);
  fs.utimesSync(`${file()}.lock`, 1, 1);
  log.read(["a"], 6);
  log.flush();
  expect(fs.readFileSync(file(), "utf8")).toBe('{"k":"a","n":6,"t":[1,2,3,4,5,6]}\n');
});

it("takes many processes' appends without losing one", () => {
  const script = `
    import { UsageLog } from ${JSON.stringify(path.resolve("src/store/usage-log.ts"))};
    const log = new UsageLog({ folder: ${JSON.stringify(folder)}, root: ${JSON.stringify(root)}, flushAfter: undefined });
    for (let at = 1; at <= 200; at++) { log.read(["a"], at); log.flush(); }`;
  const shell = Array.from({ length: 3 }, () => `node --import tsx --input-type=module -e "$SCRIPT" &`).join(" ");
  const { status, stderr } = spawnSync("sh", ["-c", `${shell} wait`], {
    env: { ...process.env, SCRIPT: script },
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  const log = open();
  log.refresh();
  expect(log.readsOf("a")).toEqual({ count: 600, last: 200 });
});

it("stops where nothing can be written, and hides its folder in a store without git", () => {
  fs.writeFileSync(folder, "a file, no folder");
  const log = open();
  log.read(["a"], 1_000);
  log.flush();
  expect(log.stopped).toBe(true);
  const plain = open({ folder: path.join(root, ".state") });
  plain.read(["a"], 1_000);
  plain.close();
  expect(fs.readFileSync(path.join(root, ".state/.gitignore"), "utf8")).toBe("*\n");
});
