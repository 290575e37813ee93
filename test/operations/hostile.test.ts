import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

/** What every file of the hostile store has to come to: its reason where it is refused, else its text. */
const REFUSED: Readonly<Record<string, [content: string | Uint8Array, reason: RegExp]>> = {
  "alias-bomb.md": [
    `---\na: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghij"
      .split("")
      .map((key, at) => `${key}: &${key} [${Array(9).fill(`*${"abcdefghi"[at]}`).join(",")}]`)
      .join("\n")}\n---\n\nx\n`,
    /./,
  ],
  "nul.md": [Buffer.from("---\ntitle: x\n---\n\na\0b\n"), /NUL/],
  "latin1.md": [Buffer.from("---\ntitle: caf\xe9\n---\n\nx\n", "latin1"), /UTF-8/],
  "duplicate-keys.md": ["---\ntitle: a\ntitle: b\n---\n\nx\n", /title|twice|duplicate|once/i],
  "no-closing-fence.md": ["---\ntitle: a\n\nbody without an end\n", /./],
  "scalar.md": ["---\njust words\n---\n\nx\n", /./],
  "deep.md": [`---\na: ${"[".repeat(5_000)}${"]".repeat(5_000)}\n---\n\nx\n`, /./],
};

const SERVED: Readonly<Record<string, string>> = {
  "javascript.md": "---js\nglobalThis.ran = true\n---\n\nx\n",
  "code.md": "---coffee\nglobalThis.ran = true\n---\n\nx\n",
  "tag.md": "---\na: !!js/function 'function(){ globalThis.ran = true }'\nb: !!python/object x\n---\n\nx\n",
  "crlf.md": "---\r\ntitle: Windows lines\r\n---\r\n\r\nfirst\r\nsecond\r\n",
  "bom.md": "\uFEFF---\ntitle: With a mark\n---\n\nmarked\n",
  "empty.md": "",
  "only-spaces.md": " \n\t\n",
  "no-front-matter.md": "# Plain\n\nplain words\n",
  "odd-types.md": "---\ntitle: 7\ntags: none\nid: 3\nrelations: x\n---\n\nodd\n",
  "markers.md": "---\ntitle: Conflict\n---\n\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n",
  "-rf.md": entryText("title: An option", "dash"),
  "con.md": entryText("title: A device", "device"),
  "a b'c\"d$(x).md": entryText("title: Shell words", "shell"),
  "é.md": entryText("title: Composed", "nfc"),
  "e\u0301.md": entryText("title: Decomposed", "nfd"),
  "CASE.md": entryText("title: Upper", "upper"),
  "case.md": entryText("title: Lower", "lower"),
};

let bench: Bench;
let outside: string;
beforeAll(async () => {
  const dir = makeCheckedInStore();
  outside = temporaryFolder();
  put(path.join(outside, "secret.md"), entryText("title: Outside", "outside words"));
  const folder = path.join(dir, ".memory/memories");
  for (const [name, [content]] of Object.entries(REFUSED)) put(path.join(folder, name), content);
  for (const [name, content] of Object.entries(SERVED)) put(path.join(folder, name), content);
  put(path.join(folder, "good.md"), entryText("title: Good", "good words"));
  put(path.join(folder, ".hidden/x.md"), "hidden words");
  put(path.join(folder, "back\\slash.md"), "slash");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "all kinds of files");
  const bytes = fs.openSync(path.join(folder, "huge.md"), "w");
  fs.ftruncateSync(bytes, 100 * 1024 * 1024);
  fs.closeSync(bytes);
  execFileSync("mkfifo", [path.join(folder, "fifo.md")]);
  fs.symlinkSync(path.join(outside, "secret.md"), path.join(folder, "link.md"));
  fs.symlinkSync(outside, path.join(folder, "linked"));
  fs.symlinkSync("loop.md", path.join(folder, "loop.md"));
  put(path.join(dir, ".git/info/exclude"), "huge.md\nfifo.md\nlink.md\nlinked\nloop.md\n");
  bench = await Bench.open({ dir });
});
afterAll(async () => {
  await bench.close();
  fs.rmSync(outside, { recursive: true });
});

const reasons = async (): Promise<Map<unknown, unknown>> => {
  const { invalid } = await bench.call<{ invalid: Json[] }>("admin status");
  return new Map(invalid.map((one) => [one.path, one.reason]));
};

describe("a store full of hostile files", () => {
  it.each(Object.entries(REFUSED))("reports %j with a reason", async (name, [, reason]) => {
    expect((await reasons()).get(`memories/${name}`)).toMatch(reason);
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    expect(findings).toContainEqual(expect.objectContaining({ path: `memories/${name}`, rule: "unreadable" }));
    expect(globalThis).not.toHaveProperty("ran");
  });

  it.each([
    ["huge.md", /104857600 bytes/],
    ["fifo.md", /not a regular file/],
    ["link.md", /symbolic link/],
    ["linked", /./],
    ["loop.md", /symbolic link/],
  ])("reports %j without opening it", async (name, reason) => {
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    const found = findings.find((one) => one.path === `memories/${name}`);
    expect(found?.message ?? (await reasons()).get(`memories/${name}`)).toMatch(reason);
  });

  it.each(Object.keys(SERVED))("serves %j", async (name) => {
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: [`memories/${name.slice(0, -3)}`] });
    expect(entries).toHaveLength(1);
    expect(entries[0]?.address).toBe(`memories/${name.slice(0, -3)}`);
    expect(globalThis).not.toHaveProperty("ran");
  });

  it("finds the good entry and nothing from outside or hidden", async () => {
    const total = async (query: string) =>
      (await bench.call<{ hits: Json[] }>("search", { query })).hits.map((hit) => hit.address);
    expect(await total("good words")).toEqual(expect.arrayContaining(["memories/good"]));
    expect(await total("outside")).toEqual([]);
    expect(await total("hidden")).toEqual([]);
  });

  it("tells of names that only letter case or Unicode form tells apart", async () => {
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    const names = findings.filter(({ rule }) => rule === "duplicate-name").map(({ path: file }) => file);
    expect(names).toHaveLength(2);
  });

  it.each(["nul", "duplicate-keys", "huge", "fifo", "link", "loop", "no-closing-fence"])(
    "never writes over %j",
    async (name) => {
      const file = path.join(bench.root, "memories", `${name}.md`);
      const stat = fs.lstatSync(file);
      const before = bench.trace();
      for (const [verb, input] of [
        ["save", { title: "x", content: "mine", name }],
        ["save", { title: "x", content: "mine", name, allow_similar: true }],
        ["update", { ref: `memories/${name}`, append: "mine" }],
        ["delete", { ref: `memories/${name}`, purge: true }],
      ] as const) {
        const error = await bench.call(verb, input).catch((thrown: unknown) => thrown);
        if (verb === "save" && "allow_similar" in input && !(error instanceof Error)) {
          expect(error).toMatchObject({ address: `memories/${name}-2` });
          await bench.call("delete", { ref: `memories/${name}-2`, purge: true });
          continue;
        }
        expect([verb, error]).toMatchObject([
          verb,
          { code: expect.stringMatching(/^(invalid_input|not_found|forbidden|already_exists)$/) },
        ]);
      }
      expect(fs.lstatSync(file)).toMatchObject({ ino: stat.ino, size: stat.size, mtimeMs: stat.mtimeMs });
      expect(bench.trace()).toMatchObject({ status: before.status, head: before.head });
    },
  );

  it("never writes through a linked folder", async () => {
    const error = await bench
      .call("save", { title: "x", content: "mine", name: "linked/x" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "forbidden" });
    expect(fs.readdirSync(outside)).toEqual(["secret.md"]);
    await bench.refused("get", { refs: ["memories/linked/secret"] }, "not_found");
  });

  it("leaves git status clean, and a write touches its own file only", async () => {
    expect(git(bench.dir, "status", "--porcelain", "--untracked-files=all")).toBe("");
    await bench.call("update", { ref: "memories/good", append: "more" });
    expect(git(bench.dir, "status", "--porcelain", "--untracked-files=all")).toBe(" M .memory/memories/good.md\n");
    expect(git(bench.dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });
});
