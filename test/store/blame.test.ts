import fs from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gitBlame } from "../support/compare-history.js";
import { type MadeCommit, makeHistory } from "../support/histories.js";
import { git, openStore } from "../support/repositories.js";

const FILE = "memories/a.md";
const MANIFEST = "format: 1\nscope: project\nname: demo\n";

/** Compares every line's commit with git's; opens the store that the history holds. */
async function compare(commits: readonly MadeCommit[], noGit: boolean): Promise<void> {
  const dir = makeHistory(commits);
  try {
    git(dir, "checkout", "-q", "-f", "main");
    if (!fs.existsSync(`${dir}/.memory/${FILE}`)) return;
    const store = await openStore(dir, { noGit });
    await store.past.known(Number.POSITIVE_INFINITY);
    const { origins } = await store.past.blame(FILE, undefined);
    await store.close();
    const wanted = gitBlame(dir, `.memory/${FILE}`);
    expect(wanted.map((_, at) => origins.lines.get(at))).toEqual(wanted);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** Edits of a text of which each line is its own, so that there is one best difference. */
const edits = fc.array(
  fc.record({
    parents: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 2 }),
    cut: fc.array(fc.nat({ max: 30 }), { maxLength: 2 }),
    add: fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
    take: fc.nat({ max: 2 }),
  }),
  { minLength: 1, maxLength: 14 },
);

describe("blame", () => {
  it("says what git blame says, through merges of any shape (property)", async () => {
    await fc.assert(
      fc.asyncProperty(edits, fc.boolean(), async (steps, noGit) => {
        let fresh = 0;
        const texts: string[][] = [Array.from({ length: 8 }, () => `line ${fresh++}`)];
        const commits: MadeCommit[] = [
          {
            parents: [],
            files: { ".memory/memory.yaml": MANIFEST, [`.memory/${FILE}`]: `${texts[0]!.join("\n")}\n` },
            at: 1_700_000_000,
          },
        ];
        steps.forEach(({ parents, cut, add, take }, at) => {
          const from = [...new Set(parents.map((back) => Math.max(at - back, 0)))];
          const [first = [], second] = from.map((parent) => texts[parent]!);
          // A merge has the lines of both, of one, or an edit of its own on top.
          const lines = second && take > 0 ? first.filter((line) => take > 1 || second.includes(line)) : [...first];
          if (second && take > 1)
            for (const line of second) if (!lines.includes(line)) lines.splice(second.indexOf(line), 0, line);
          if (!second || take === 2) {
            for (const where of cut) if (lines.length > 2) lines.splice(where % lines.length, 1);
            for (const where of add) lines.splice(where % (lines.length + 1), 0, `line ${fresh++}`);
          }
          texts.push(lines);
          commits.push({
            parents: from,
            files: { [`.memory/${FILE}`]: `${lines.join("\n")}\n` },
            at: 1_700_000_001 + at,
          });
        });
        await compare(commits, noGit);
      }),
      { numRuns: 60 },
    );
  });

  it("says what git blame says about blank lines between paragraphs, and a last line without an end", async () => {
    const versions = [
      "# A\n\none\n\ntwo\n",
      "# A\n\none\n\nnew\n\ntwo\n",
      "# A\n\none\n\nnew\n\ntwo\n\n- x\n- y\n",
      "# A\n\nnew\n\ntwo\n\n- w\n- x\n- y\n",
      "# A\n\nnew\n\ntwo\n\nthree\n\n- w\n- y\n- z\n",
      "# A\n\n\nnew\n\ntwo\n\nthree\n\n- w\n- y\n- z",
    ];
    const commits = versions.map((text, at) => ({
      parents: [at - 1],
      files: { ".memory/memory.yaml": MANIFEST, [`.memory/${FILE}`]: text },
      at: 1_700_000_000 + at,
    }));
    for (let upTo = 2; upTo <= commits.length; upTo++) await compare(commits.slice(0, upTo), false);
  });
});
