import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AuditRecord, appendAudit, auditLine, readAudit } from "../../src/store/audit-log.js";
import { temporaryFolder } from "../support/repositories.js";

let dir: string;
let at: number;
const now = () => at++;
beforeEach(() => {
  dir = temporaryFolder();
  at = Date.parse("2024-05-06T07:08:09.000Z");
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const record = (number: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  time: new Date(Date.parse("2024-05-06T00:00:00.000Z") + number).toISOString(),
  operation: "save",
  session: `s${number}`,
  status: 200,
  ms: 1.5,
  ...more,
});
const lines = (...numbers: number[]) => numbers.map((number) => auditLine(record(number)));
const files = () => fs.readdirSync(dir).sort();
const sessions = async () => (await readAudit(dir)).map(({ session }) => session);

describe("a line of the audit log", () => {
  it.each([
    ["newlines", 'a\r\n{"time":"2024-01-01"}\nb'],
    ["a hundred kilobytes", "x".repeat(100_000)],
    ["what steers a terminal or turns text around", "\u001b[2J\u009b31m\u202eevil\u2066\0"],
    ["half a character", `${"\u{1f600}".repeat(199)}\ud83d\u{1f600}\u{1f600}`],
  ])("holds %s of strangers as one short text that shows as it is", (_what, text) => {
    const line = auditLine(record(1, { user_agent: text, agent: text, resource: [text] }));
    expect(line).not.toMatch(/[\p{C}\u2028\u2029]/u);
    expect(line.length).toBeLessThan(1_500);
    const read = JSON.parse(line) as Record<string, string | string[]>;
    expect([...(read.user_agent as string)].length).toBe(Math.min(200, [...text].length));
    expect([read.agent, read.resource]).toEqual([read.user_agent, [read.user_agent]]);
    expect(read.user_agent).not.toMatch(/\p{Cs}/u);
  });

  it("names as many entries as a call can write, and leaves out what is not known", () => {
    const resource = Array.from({ length: 150 }, (_, number) => `memories/m${number}`);
    expect((JSON.parse(auditLine(record(1, { resource }))) as AuditRecord).resource).toEqual(resource.slice(0, 100));
    expect(JSON.parse(auditLine(record(1, { resource: [], agent: undefined })))).toEqual(record(1));
  });
});

describe("the audit log", () => {
  it("gives what was appended, newest first, and nothing where there is none", async () => {
    expect(await readAudit(path.join(dir, "nowhere"))).toEqual([]);
    await appendAudit(dir, lines(1, 3), now);
    await appendAudit(dir, lines(2), now);
    expect(await readAudit(dir)).toEqual([record(3), record(2), record(1)]);
    expect(files()).toEqual(["audit.jsonl"]);
  });

  it("passes over what a kill cut off and what is no record, and goes on behind it", async () => {
    await appendAudit(dir, lines(1), now);
    const wrong = [
      "null",
      "[]",
      "17",
      "{}",
      JSON.stringify({ ...record(7), status: "200" }),
      JSON.stringify({ ...record(7), time: "soon" }),
      JSON.stringify({ ...record(7), agent: {} }),
      JSON.stringify({ ...record(7), resource: "memories/a" }),
    ];
    fs.appendFileSync(path.join(dir, "audit.jsonl"), `${wrong.join("\n")}\n\n${lines(8)[0]?.slice(0, 40)}`);
    await appendAudit(dir, lines(2, 3), now);
    expect(await sessions()).toEqual(["s3", "s2", "s1"]);
    const text = fs.readFileSync(path.join(dir, "audit.jsonl"), "utf8");
    expect(text.endsWith(`\n${lines(2, 3).join("\n")}\n`)).toBe(true);
  });

  it("puts a full file aside and keeps a few of those", async () => {
    const [one = ""] = lines(1);
    const rotation = { limit: 3 * (one.length + 1), keep: 2 };
    for (let number = 1; number <= 20; number++) await appendAudit(dir, lines(number), now, rotation);
    // Six in the older ones, two in the newest.
    expect(await sessions()).toEqual([20, 19, 18, 17, 16, 15, 14, 13].map((number) => `s${number}`));
    expect(files()).toHaveLength(3);
    for (const name of files())
      expect(fs.statSync(path.join(dir, name)).size).toBeLessThan(rotation.limit + one.length + 2);
    const many = Array.from({ length: 30 }, (_, number) => number + 100);
    await appendAudit(dir, lines(...many), now, rotation);
    expect(files()).toHaveLength(3);
    expect((await sessions())[0]).toBe("s129");
    expect((await sessions()).length).toBeGreaterThanOrEqual(7);
  });

  it("loses nothing and tears nothing while many append, read and put aside at once", async () => {
    const rotation = { limit: 700, keep: 1_000 };
    const writers = Array.from({ length: 8 }, (_, writer) =>
      Array.from({ length: 25 }, (_, one) => writer * 100 + one),
    );
    const read: AuditRecord[][] = [];
    await Promise.all([
      ...writers
        .flatMap((own) => [own.slice(0, 10), own.slice(10)])
        .map((own) => appendAudit(dir, lines(...own), now, rotation)),
      ...[1, 2, 3].map(async () => read.push(await readAudit(dir))),
    ]);
    const all = writers.flat().map((number) => `s${number}`);
    expect((await sessions()).sort()).toEqual(all.sort());
    expect(files().length).toBeGreaterThan(10);
    for (const name of files())
      for (const line of fs.readFileSync(path.join(dir, name), "utf8").split("\n").slice(0, -1))
        expect(() => JSON.parse(line)).not.toThrow();
    for (const some of read) expect(new Set(some.map(({ session }) => session)).size).toBe(some.length);
  });

  it("hides itself from git in a store that is a plain folder", async () => {
    const state = path.join(dir, ".state");
    await appendAudit(state, lines(1), now);
    expect(fs.readFileSync(path.join(state, ".gitignore"), "utf8")).toBe("*\n");
    expect(await readAudit(state)).toHaveLength(1);
  });
});
