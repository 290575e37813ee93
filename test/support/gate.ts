import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { entryText, SECRET } from "./memory.js";
import { GIT_ENV, git, makeCheckedInStore, put } from "./repositories.js";

const id = (number: number): string => `0199aa3e-7c1b-7d10-9c55-${number.toString(16).padStart(12, "0")}`;

/** A repository whose `main` has a store with one old fault, checked out at a new branch `topic`. */
export function makeBranch(): string {
  const dir = makeCheckedInStore();
  const store = (file: string, text: string): void => put(path.join(dir, ".memory", file), text);
  store("memories/keep.md", entryText(`id: ${id(1)}\ntitle: Keep it`, "This one stays as it is."));
  store("guidelines/target.md", entryText(`id: ${id(2)}\ntitle: Target`, "Others lead here."));
  store(
    "memories/linker.md",
    entryText(
      `id: ${id(3)}\ntitle: Linker\nrelations:\n  - type: depends_on\n    target: guidelines/target`,
      "Linked.",
    ),
  );
  store("memories/old-fault.md", entryText(`id: ${id(4)}\ntitle: Old\nimportance: high`, "Known for long."));
  store("memories/plain.md", entryText(`id: ${id(5)}\ntitle: Plain\ntags: [a]`, "One.\nTwo.\nThree."));
  commit(dir, "memory", "2024-01-01T00:00:00Z");
  git(dir, "checkout", "-q", "-b", "topic");
  return dir;
}

/** Commits everything, at a time if one is given. */
export function commit(dir: string, message: string, at?: string): void {
  git(dir, "add", "-A");
  const env = { ...GIT_ENV, ...(at === undefined ? {} : { GIT_COMMITTER_DATE: at, GIT_AUTHOR_DATE: at }) };
  execFileSync("git", ["commit", "-qm", message], { cwd: dir, env });
}

/** What is wrong on a branch after `addFaults`: path, line, rule. */
export const FAULTS = [
  ["conflicts/0199aa3e-7c1b-8d10-9c55-0000000000aa.md", 1, "conflict"],
  ["memories/copy.md", 3, "duplicate-id"],
  ["memories/huge.md", 1, "limit"],
  ["memories/leak.md", 7, "secret"],
  ["memories/linker.md", 6, "dangling"],
  ["memories/marked.md", 6, "markers"],
] as const;

/** Commits one of each: a duplicate id, a dangling link, an open conflict, conflict markers, a secret, an oversized file. */
export function addFaults(dir: string): void {
  const store = (file: string, text: string): void => put(path.join(dir, ".memory", file), text);
  store("memories/copy.md", entryText(`title: Copied\nid: ${id(1)}`, "Another text altogether."));
  fs.rmSync(path.join(dir, ".memory/guidelines/target.md"));
  store(
    FAULTS[0][0],
    entryText("path: memories/plain.md\ncause: concurrent\nfields: [title]\nresolved: false", "- One\n+ Uno"),
  );
  const marked = "Before.\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> topic\nAfter.";
  store("memories/marked.md", `---\nid: ${id(7)}\ntitle: Marked\n---\n${marked}\n`);
  store("memories/leak.md", entryText(`id: ${id(8)}\ntitle: Leak`, `The token is\n${SECRET}`));
  store("memories/huge.md", entryText(`id: ${id(9)}\ntitle: Huge`, "x".repeat(1024 * 1024)));
  commit(dir, "faults");
}
