import { describe, expect, it } from "vitest";
import { type JournalVersion, type PathCommit, type Threads, type Version, weave } from "../../src/store/weave.js";

const who = { name: "Ada", email: "ada@example.org" };
/** A journal version: seconds as time, so that times compare with commits'. */
const wrote = (
  second: number,
  before: string | null,
  after: string | null,
  path = "a",
  op = "updated",
): JournalVersion => ({
  commit: {
    oid: `j${second}`,
    author: who,
    at: second * 1000 + 500,
    subject: "s",
    reason: `why ${second}`,
    op,
    branch: "main",
    changes: [],
  },
  path,
  before,
  after,
  op,
});
const commit = (
  second: number,
  before: string | null,
  after: string | null,
  path = "a",
  message = "work",
): PathCommit => {
  const signature = { ...who, name: "Committer", seconds: second, offset: 0 };
  return {
    commit: { oid: `c${second}`, tree: "", parents: [], author: signature, committer: signature, message },
    path,
    before,
    after,
  };
};
const join = (
  head: PathCommit[],
  journal: JournalVersion[],
  work: string | null,
  more: Partial<Threads> = {},
): Version[] =>
  weave({
    head: [...head].reverse(),
    truncated: false,
    journal,
    others: [],
    work: { version: work, path: "a", at: 99_000, author: "Hand" },
    ...more,
  });
const brief = (versions: Version[]) =>
  versions.map(({ number, version, commit: id, pending, aside }) =>
    [number ?? "-", version ?? "none", id, pending && "pending", aside && `aside ${aside}`].filter(Boolean).join(" "),
  );

describe("the versions of an entry", () => {
  it("counts fifty saves and the person's one commit of the last as fifty", () => {
    const journal = Array.from({ length: 50 }, (_, at) => wrote(at, at === 0 ? null : `v${at - 1}`, `v${at}`));
    const before = join([], journal, "v49");
    const after = join([commit(60, null, "v49")], journal, "v49");
    expect(before).toHaveLength(50);
    expect(before.every(({ pending }) => pending)).toBe(true);
    expect(after.map(({ number, version }) => [number, version])).toEqual(
      before.map(({ number, version }) => [number, version]),
    );
    expect(after[0]).toMatchObject({ commit: "c60", at: 49_500, reason: "why 49", author: "Ada" });
    expect(after.some(({ pending }) => pending)).toBe(false);
  });

  it("shows what comes after HEAD's as pending", () => {
    const journal = [wrote(1, null, "x"), wrote(3, "x", "y")];
    expect(brief(join([commit(2, null, "x")], journal, "y"))).toEqual(["2 y pending", "1 x c2"]);
  });

  it("sets aside what was written on another line", () => {
    const journal = [wrote(1, null, "x"), { ...wrote(2, "x", "y") }, wrote(3, "x", "z")];
    expect(brief(join([commit(1, null, "x")], journal, "z"))).toEqual(["2 z pending", "1 x c1", "- y aside main"]);
  });

  it("knows a commit that was amended or rebased by its blob", () => {
    expect(brief(join([commit(9, null, "x")], [wrote(1, null, "x")], "x"))).toEqual(["1 x c9"]);
  });

  it("does not take a journal version that is later than the commit", () => {
    expect(brief(join([commit(2, null, "x")], [wrote(5, "q", "x")], "x"))).toEqual(["2 x pending", "1 x c2"]);
  });

  it("gives each of two equal states its own commit", () => {
    const journal = [wrote(1, null, "x"), wrote(2, "x", "y"), wrote(3, "y", "x")];
    const head = [commit(1, null, "x"), commit(2, "x", "y"), commit(3, "y", "x")];
    expect(brief(join(head, journal, "x"))).toEqual(["3 x c3", "2 y c2", "1 x c1"]);
  });

  it("takes a file that nobody recorded as the newest, by the person", () => {
    const versions = join([commit(1, null, "x")], [], "hand");
    expect(versions[0]).toMatchObject({ version: "hand", author: "Hand", at: 99_000, number: 2, pending: true });
  });

  it("keeps the write on the line that a hand edit was made on top of", () => {
    const journal = [wrote(1, null, "x"), wrote(2, "x", "y")];
    const work = { version: "hand", path: "a", at: 99_000, author: "Hand" };
    const head = [commit(1, null, "x")];
    expect(brief(join(head, journal, "hand", { work: { ...work, base: "y" } }))).toEqual([
      "3 hand pending",
      "2 y pending",
      "1 x c1",
    ]);
    expect(brief(join(head, journal, "hand", { work }))).toEqual(["2 hand pending", "1 x c1", "- y aside main"]);
  });

  it("does not take what is committed for pending where HEAD's history is not known yet", () => {
    const work = { version: "x", path: "a", at: 99_000, author: "Hand", committed: true };
    expect(brief(join([], [wrote(1, null, "x")], "x", { truncated: true, work }))).toEqual(["- x"]);
    expect(brief(join([], [], "x", { truncated: true, work }))).toEqual([]);
    expect(brief(join([], [], "x", { truncated: false, work: { ...work, committed: false } }))).toEqual([
      "1 x pending",
    ]);
  });

  it("shows deletion and restoration", () => {
    const journal = [wrote(1, null, "x"), wrote(2, "x", null, "a", "deleted"), wrote(3, null, "x", "a", "restored")];
    expect(join([], journal, "x").map(({ change_type }) => change_type)).toEqual(["restored", "deleted", "updated"]);
    expect(brief(join([], journal.slice(0, 2), null))).toEqual(["2 none pending", "1 x pending"]);
  });

  it("follows a move", () => {
    const journal = [wrote(1, null, "x", "old"), { ...wrote(2, "x", "x", "a", "renamed"), from: "old" }];
    const versions = join([commit(1, null, "x", "old"), commit(3, null, "x", "a")], journal, "x");
    expect(versions.map(({ path, change_type }) => [path, change_type])).toEqual([
      ["a", "renamed"],
      ["old", "updated"],
    ]);
  });

  it("has no numbers where the beginning is not known", () => {
    expect(brief(join([commit(1, "w", "x")], [], "x", { truncated: true }))).toEqual(["- x c1"]);
  });

  it("borrows author and reason from another worktree", () => {
    const versions = join([commit(2, null, "x")], [], "x", { others: [wrote(1, null, "x")] });
    expect(versions[0]).toMatchObject({ author: "Ada", reason: "why 1", commit: "c2" });
  });
});
