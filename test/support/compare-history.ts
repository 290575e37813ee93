import { expect } from "vitest";
import type { Store } from "../../src/store/store.js";
import { logOf } from "./histories.js";
import { git } from "./repositories.js";

/** The commit of each line of a file, as git blame says it. */
export function gitBlame(dir: string, file: string): string[] {
  const lines = git(dir, "blame", "--line-porcelain", "HEAD", "--", file).split("\n");
  return lines.filter((line) => /^[0-9a-f]{40} \d+ \d+/.test(line)).map((line) => line.slice(0, 40));
}

/** Compares every version of some entries with `git log`, and of every `blameEach`th each line with `git blame`. */
export async function compareWithGit(dir: string, store: Store, files: readonly string[], blameEach: number) {
  let versions = 0;
  let lines = 0;
  for (const [at, file] of files.entries()) {
    const found = await store.history(file);
    const here = found.versions.filter((one) => one.path === file).map(({ commit }) => commit);
    expect([file, here]).toEqual([file, logOf(dir, "HEAD", "--", `.memory/${file}`)]);
    expect(found.truncated).toBe(false);
    versions += found.versions.length;
    if (at % blameEach !== 0) continue;
    const { origins } = await store.past.blame(file, undefined);
    const wanted = gitBlame(dir, `.memory/${file}`);
    expect([file, wanted.map((_, line) => origins.lines.get(line))]).toEqual([file, wanted]);
    lines += wanted.length;
  }
  return { versions, lines };
}
