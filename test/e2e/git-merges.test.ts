import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { formatConflict, newConflict } from "../../src/entry/conflict.js";
import { parseEntry } from "../../src/entry/markdown.js";
import { PROGRAM } from "../support/client.js";
import { Bench, type Json } from "../support/memory.js";
import { Merging, THIS_BUILD } from "../support/merges.js";

const FILE = "memories/a.md";
let merging: Merging;
afterEach(() => merging.remove());

const text = (fields: string, body = "one\n\ntwo\n\nthree") =>
  `---\nid: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11\n${fields}\n---\n\n${body}\n`;
const BASE = text("title: A\nimportance: 0.5");
/** The two sides of a field and of a line, and what is left to decide. */
const [OURS, THEIRS] = [
  text("title: A\nimportance: 0.9", "one\n\nOURS\n\nthree"),
  text("title: A\nimportance: 0.1", "one\n\nTHEIRS\n\nthree"),
];
const open = (ours: string, theirs: string, values: readonly [string, string] = ["0.9", "0.1"]) =>
  text(
    `title: A\nimportance: ${values[0]}\n#>>>>>>> theirs: importance: ${values[1]}`,
    `one\n\n<<<<<<< ours\n${ours}\n||||||| base\ntwo\n=======\n${theirs}\n>>>>>>> theirs\n\nthree`,
  );

/** The same, merged in a repository of its own. */
async function forked(
  base: Record<string, string | null>,
  ours: Record<string, string | null>,
  theirs: Record<string, string | null>,
) {
  merging = await Merging.make();
  merging.fork(base, ours, theirs);
  return merging;
}

const contested = () => forked({ [FILE]: BASE }, { [FILE]: OURS }, { [FILE]: THEIRS });

describe("git merge", () => {
  it("brings together what two people changed apart, though the lines are next to each other", async () => {
    const { status } = (
      await forked(
        { [FILE]: BASE },
        { [FILE]: text("title: B\nimportance: 0.5\ntags: [x]", "ONE\n\ntwo\n\nthree") },
        { [FILE]: text("title: A\nimportance: 0.1\ntags: [z]", "one\n\ntwo\n\nTHREE") },
      )
    ).run("merge", "side");
    expect(status).toBe(0);
    expect(merging.text(FILE)).toBe(text("title: B\nimportance: 0.1\ntags: [x, z]", "ONE\n\ntwo\n\nTHREE"));
    expect(merging.git("status", "--porcelain")).toBe("");
  });

  it("leaves to a person what both changed, with both sides in the file and in git's stages", async () => {
    await contested();
    expect(merging.run("merge", "side").status).toBe(1);
    expect(merging.text(FILE)).toBe(open("OURS", "THEIRS"));
    expect(merging.stages(FILE)).toEqual([BASE, OURS, THEIRS]);
    expect(merging.git("status", "--porcelain")).toBe(`UU .memory/${FILE}\n`);
    merging.commit({ [FILE]: OURS }, "merged");
    expect(merging.git("status", "--porcelain")).toBe("");
  });

  it("is told by a memory that is open meanwhile, until somebody decides", async () => {
    await forked(
      { [FILE]: BASE, "memories/b.md": BASE, "tags.yaml": "a: {}\n" },
      { [FILE]: OURS, "memories/b.md": null, "tags.yaml": "a: {category: meta}\n" },
      { [FILE]: THEIRS, "memories/b.md": THEIRS, "tags.yaml": "a: {category: domain}\n" },
    );
    const bench = await Bench.open({ dir: merging.dir });
    const look = async () => {
      await bench.rescan();
      const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["memories/a"] });
      return [entries[0]?.conflict, entries[0]?.content, (await bench.call("admin status")).unresolved];
    };
    const ours = "one\n\nOURS\n\nthree";
    expect(await look()).toEqual([undefined, ours, undefined]);
    merging.run("merge", "side");
    expect(await look()).toEqual([expect.any(String), ours, ["memories/a", "memories/b", "tags.yaml"]]);
    // Committed as it is, with its markers.
    merging.commit({ "memories/b.md": null, "tags.yaml": "a: {}\n" }, "merged");
    expect(await look()).toEqual([expect.any(String), ours, ["memories/a"]]);
    await bench.refused("update", { ref: "memories/a", append: "more" }, "conflict");
    merging.commit({ [FILE]: OURS }, "decided");
    expect(await look()).toEqual([undefined, ours, undefined]);
    await bench.close();
  });

  it("leaves nothing when it is given up", async () => {
    await contested();
    const files = () =>
      merging
        .everything()
        .filter((line) => !/^\.git(\/(index|ORIG_HEAD|AUTO_MERGE|logs\/HEAD))? /.test(line))
        .map((line) => line.replace(/ [\d.]+ /, " "));
    const before = files();
    merging.run("merge", "side");
    expect(merging.run("merge", "--abort").status).toBe(0);
    expect(files()).toEqual(before);
  });

  it("asks where one side took the entry away, and keeps the other's text", async () => {
    await forked({ [FILE]: BASE }, { [FILE]: null }, { [FILE]: THEIRS });
    expect(merging.run("merge", "side").status).toBe(1);
    expect(merging.text(FILE)).toBe(THEIRS);
    expect(merging.stages(FILE)).toEqual([BASE, undefined, THEIRS]);
  });

  it("follows a renamed entry", async () => {
    await forked(
      { [FILE]: BASE },
      { [FILE]: null, "memories/b.md": OURS },
      { [FILE]: text("title: A\nimportance: 0.5\ntopic: t") },
    );
    expect(merging.run("merge", "side").status).toBe(0);
    expect(merging.text("memories/b.md")).toBe(text("title: A\nimportance: 0.9\ntopic: t", "one\n\nOURS\n\nthree"));
  });

  it("never makes one entry of two with ids of their own", async () => {
    const other = BASE.replace("1b11", "1b22");
    await forked({}, { [FILE]: BASE }, { [FILE]: other });
    expect(merging.run("merge", "side").status).toBe(1);
    const both = merging.text(FILE);
    expect(both).toContain("\n<<<<<<< ours\nid: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11\n|||||||");
    expect(both).toContain("\n=======\nid: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b22\n>>>>>>> theirs\n");
    expect(merging.stages(FILE)).toEqual([undefined, BASE, other]);
  });

  it("has several bases, when both took over what the other had", async () => {
    await forked(
      { [FILE]: BASE },
      { [FILE]: text("title: A\nimportance: 0.9") },
      { [FILE]: text("title: A\nimportance: 0.5", "one\n\ntwo\n\nTHREE") },
    );
    merging.git("branch", "main-before");
    merging.git("branch", "side-before");
    expect(merging.run("merge", "-qm", "one way", "side").status).toBe(0);
    merging.git("checkout", "-q", "side");
    expect(merging.run("merge", "-qm", "the other way", "main-before").status).toBe(0);
    const both = text("title: A\nimportance: 0.9", "one\n\ntwo\n\nTHREE");
    merging.commit({ [FILE]: both.replace("title: A", "title: B") }, "theirs again");
    merging.git("checkout", "-q", "main");
    merging.commit({ [FILE]: both.replace("one\n", "ONE\n") }, "ours again");
    expect(merging.git("merge-base", "--all", "main", "side").trim().split("\n")).toHaveLength(2);
    expect(merging.run("merge", "side").status).toBe(0);
    expect(merging.text(FILE)).toBe(text("title: B\nimportance: 0.9", "ONE\n\ntwo\n\nTHREE"));
  });

  it("has several bases that were merged in different ways", async () => {
    await contested();
    merging.git("branch", "before");
    merging.run("merge", "side");
    merging.commit({ [FILE]: OURS }, "ours stays");
    merging.git("checkout", "-q", "side");
    merging.run("merge", "before");
    merging.commit({ [FILE]: THEIRS }, "theirs stays");
    merging.git("checkout", "-q", "main");
    expect(merging.git("merge-base", "--all", "main", "side").trim().split("\n")).toHaveLength(2);
    expect(merging.run("merge", "side").status).toBe(1);
    expect(merging.stages(FILE).slice(1)).toEqual([OURS, THEIRS]);
    for (const word of ["0.9", "0.1", "OURS", "THEIRS"]) expect(merging.text(FILE)).toContain(word);
  });
});

describe("git's other merges", () => {
  it("rebase: ours is what it goes on top of", async () => {
    await contested();
    expect(merging.run("rebase", "side").status).toBe(1);
    expect(merging.text(FILE)).toBe(open("THEIRS", "OURS", ["0.1", "0.9"]));
    expect(merging.stages(FILE)).toEqual([BASE, THEIRS, OURS]);
    expect(merging.run("rebase", "--abort").status).toBe(0);
    expect(merging.text(FILE)).toBe(OURS);
    expect(merging.git("status", "--porcelain")).toBe("");
  });

  it("cherry-pick and revert", async () => {
    await contested();
    expect(merging.run("cherry-pick", "side").status).toBe(1);
    expect(merging.text(FILE)).toBe(open("OURS", "THEIRS"));
    merging.run("cherry-pick", "--abort");
    merging.commit({ [FILE]: OURS.replace("title: A", "title: B") }, "a title");
    expect(merging.run("revert", "--no-edit", "HEAD~1").status).toBe(0);
    expect(merging.text(FILE)).toBe(BASE.replace("title: A", "title: B"));
  });

  it("stash pop", async () => {
    merging = await Merging.make();
    merging.commit({ [FILE]: BASE }, "base");
    merging.write({ [FILE]: THEIRS });
    merging.git("stash");
    merging.commit({ [FILE]: OURS }, "ours");
    expect(merging.run("stash", "pop").status).toBe(1);
    expect(merging.text(FILE)).toBe(open("OURS", "THEIRS"));
    expect(merging.stages(FILE)).toEqual([BASE, OURS, THEIRS]);
  });

  it("merge-tree and log --remerge-diff show the same and write nothing", async () => {
    await contested();
    const before = merging.everything();
    const tree = merging.run("merge-tree", "main", "side");
    expect(tree.status).toBe(1);
    expect(merging.git("show", `${tree.said.split("\n")[0]}:.memory/${FILE}`)).toBe(open("OURS", "THEIRS"));
    expect(merging.everything()).toEqual(before);
    merging.run("merge", "side");
    merging.commit({ [FILE]: OURS }, "merged");
    const merged = merging.everything();
    const { said } = merging.run("log", "-1", "--remerge-diff");
    expect(said).toContain("-#>>>>>>> theirs: importance: 0.1");
    expect(said).toContain("->>>>>>> theirs");
    expect(merging.everything()).toEqual(merged);
  });
});

describe("files of all kinds, in one merge", () => {
  const record = (resolution?: string) => {
    const side = (importance: number) => ({ version: "1".repeat(40), values: { importance } });
    const made = newConflict({
      entry: "x",
      path: FILE,
      cause: "merge",
      base: null,
      a: side(1),
      b: side(0),
      fields: ["importance"],
      at: 0,
    });
    return Buffer.from(
      formatConflict(resolution === undefined ? made : { ...made, resolved: true, resolution }),
    ).toString("utf8");
  };
  const crlf = (words: string) => words.replaceAll("\n", "\r\n");
  const long = `${"a line of some words\n".repeat(48_000)}`;
  const huge = `${long}${long}`;
  const CASES: Record<string, readonly [base: string, ours: string, theirs: string, merged: string | undefined]> = {
    "memories/crlf.md": [
      crlf(BASE),
      crlf(BASE.replace("0.5", "0.9")),
      crlf(BASE.replace("two", "TWO")),
      crlf(BASE.replace("0.5", "0.9").replace("two", "TWO")),
    ],
    "memories/bom.md": [`\uFEFF${BASE}`, `\uFEFF${OURS}`, `\uFEFF${THEIRS}`, `\uFEFF${open("OURS", "THEIRS")}`],
    "memories/broken.md": [
      "---\n[\n---\nx\n",
      "---\n[\n---\ny\n",
      "---\n[\n---\nz\n",
      "---\n[\n---\n<<<<<<< ours\ny\n||||||| base\nx\n=======\nz\n>>>>>>> theirs\n",
    ],
    "memories/long.md": [long, `first\n${long}`, `${long}last\n`, `first\n${long}last\n`],
    "memories/huge.md": [huge, `first\n${huge}`, `${huge}last\n`, `first\n${huge}last\n`],
    "memories/bytes.md": ["a\0", "b\0", "c\0", undefined],
    "tags.yaml": [
      "a: {category: meta}\n",
      "a: {category: domain}\nb: {category: meta}\n",
      "a: {category: language}\nc: {category: meta}\n",
      undefined,
    ],
    "memory.yaml": [
      "format: 1\nscope: project\nname: demo\n",
      "format: 1\nscope: project\nname: demo\nreview: none\n",
      "format: 1\nscope: project\nname: demo\ncommit: journal\n",
      undefined,
    ],
    "project.md": [
      "---\nlanguage: go\n---\n",
      "---\nlanguage: go\nframework: x\n---\n",
      "---\nlanguage: rust\n---\n",
      "---\nlanguage: rust\nframework: x\n---\n",
    ],
    "sessions/fix/session.md": [
      "---\nworking_set:\n  - entry: memories/a\n---\n",
      "---\nworking_set:\n  - entry: memories/a\n  - entry: memories/b\n---\n",
      "---\nworking_set:\n  - entry: memories/a\n  - entry: memories/c\n---\n",
      "---\nworking_set:\n  - entry: memories/a\n  - entry: memories/b\n  - entry: memories/c\n---\n",
    ],
    "sessions/fix/memories/note.md": ["x\n\ny\n", "X\n\ny\n", "x\n\nY\n", "X\n\nY\n"],
    "conflicts/0199aa3e-7c1b-8d10-9c55-2f0f5d9a1b11.md": [record(), record("a"), `${record()}\n`, record("a")],
    "conflicts/0199aa3e-7c1b-8d10-9c55-2f0f5d9a1b12.md": [record(), record("b"), record("a"), record("a")],
  };
  const side = (at: 0 | 1 | 2) => Object.fromEntries(Object.entries(CASES).map(([file, texts]) => [file, texts[at]]));

  it("come out as they should", async () => {
    await forked(side(0), side(1), side(2));
    expect(merging.run("merge", "side").status).toBe(1);
    for (const [file, [, , , merged]] of Object.entries(CASES))
      if (merged !== undefined) expect([file, merging.text(file)]).toEqual([file, merged]);
    expect(merging.text("tags.yaml").split("\n").sort()).toEqual(
      [
        "",
        '#>>>>>>> theirs: a: {"category":"language"}',
        "a: {category: domain}",
        "b: {category: meta}",
        "c:",
        "  category: meta",
      ].sort(),
    );
    expect(merging.text("memory.yaml").split("\n").sort()).toEqual([
      "",
      "commit: journal",
      "format: 1",
      "name: demo",
      "review: none",
      "scope: project",
    ]);
    expect(merging.git("diff", "--name-only", "--diff-filter=U").trim().split("\n").sort()).toEqual(
      ["memories/bom.md", "memories/broken.md", "memories/bytes.md", "tags.yaml"].map((file) => `.memory/${file}`),
    );
    expect(merging.stages("memories/bytes.md")).toEqual(["a\0", "b\0", "c\0"]);
    expect(merging.git("status", "--porcelain", "--untracked-files=all")).not.toContain("??");
  });
});

describe("a driver that does not come to its end", () => {
  const dying = (when: string) =>
    `#!/bin/sh\nexec "${process.execPath}" --import 'data:text/javascript,import fs from "node:fs"; const rename = fs.renameSync; fs.renameSync = (a, b) => { ${when} };' "${PROGRAM}" "$@"\n`;
  it.each([
    ["is killed just before its result is in place", dying('process.kill(process.pid, "SIGKILL"); for (;;);')],
    ["cannot write", dying('throw new Error("no room");')],
    ["is given what it does not know", THIS_BUILD.replace('"$@"', '"$@" --later')],
    ["is no longer there", undefined],
  ])("%s: git's own markers, both sides whole", async (_what, program) => {
    merging = await Merging.make(program ?? "#!/no/such/interpreter\n");
    merging.fork({ [FILE]: BASE }, { [FILE]: OURS }, { [FILE]: THEIRS });
    expect(merging.run("merge", "side").status).toBe(1);
    const left = merging.text(FILE);
    expect(left.match(/^<{7} /gm)).toHaveLength(2);
    for (const word of ["0.9", "0.1", "OURS", "THEIRS"]) expect(left).toContain(word);
    expect(merging.stages(FILE)).toEqual([BASE, OURS, THEIRS]);
  });
});

describe("the driver by itself", () => {
  it("says what it is for, and touches nothing, when it is called otherwise", async () => {
    merging = await Merging.make();
    const before = merging.everything();
    for (const args of [[], ["a", "b", "c"], ["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "--marker-size=0"]]) {
      const { status, said } = merging.run("-c", `alias.driver=!git-memory merge-driver ${args.join(" ")}`, "driver");
      expect([args, status]).toEqual([args, 3]);
      expect(said).toContain("merge-driver BASE OURS THEIRS PATH");
    }
    expect(merging.run("-c", "alias.driver=!git-memory merge-driver a b c d", "driver").status).toBe(1);
    expect(merging.everything()).toEqual(before);
  });

  it("takes the labels that git tells since 2.44, and finds a store that is elsewhere", async () => {
    merging = await Merging.make();
    for (const [name, value] of Object.entries({ base: BASE, ours: OURS, theirs: THEIRS }))
      fs.writeFileSync(path.join(merging.dir, name), value);
    const call = (file: string) =>
      merging.run(
        "-c",
        `alias.driver=!git-memory merge-driver base ours theirs '${file}' --marker-size=9 --ours='HEAD' --base='it'\\''s' --theirs='a b'`,
        "driver",
      ).status;
    expect(call("notes/.memory/memories/x y.md")).toBe(10);
    const marked = fs.readFileSync(path.join(merging.dir, "ours"), "utf8");
    expect(marked).toContain("\n<<<<<<<<< HEAD\nOURS\n||||||||| it's\ntwo\n=========\nTHEIRS\n>>>>>>>>> a b\n");
    expect(parseEntry(Buffer.from(marked), { kind: "memory", scope: "project/demo", name: "a" })).toMatchObject({
      entry: { fields: { importance: 0.9 }, body: "one\n\nOURS\n\nthree" },
    });
    expect(merging.git("status", "--porcelain")).toBe("?? base\n?? ours\n?? theirs\n");
  });
});
