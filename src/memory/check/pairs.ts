import { type FileFacts, linkingOf } from "./facts.js";
import type { Survey } from "./survey.js";

/** A file that the base and now have differently; one side may be missing, and the paths differ when it was moved. */
export interface Pair {
  readonly before?: FileFacts;
  readonly now?: FileFacts;
}

/** What differs between base and now, by path: a file that went and one that came are one when they share an id, else a blob. */
export function pairFiles({ now, before }: Survey): Pair[] {
  if (!before) return [];
  const there = new Map(now.map((facts) => [facts.path, facts]));
  const gone = [...before.values()].filter(({ path }) => !there.has(path));
  const come = now.filter(({ path }) => !before.has(path));
  const pairs: Pair[] = [];
  for (const facts of now) {
    const old = before.get(facts.path);
    if (old && !same(old, facts)) pairs.push({ before: old, now: facts });
  }
  const moved = new Map<FileFacts, FileFacts>();
  const match = (key: (facts: FileFacts) => string | undefined): void => {
    const taken = new Set(moved.values());
    const free = gone.filter((facts) => !taken.has(facts));
    const sources = uniqueBy(free, key);
    const targets = uniqueBy(
      come.filter((facts) => !moved.has(facts)),
      key,
    );
    for (const [value, facts] of targets) if (sources.has(value)) moved.set(facts, sources.get(value)!);
  };
  match((facts) => linkingOf(facts)?.id);
  match(({ blob }) => blob || undefined);
  const sources = new Set(moved.values());
  for (const facts of come) {
    const old = moved.get(facts);
    pairs.push(old ? { before: old, now: facts } : { now: facts });
  }
  for (const facts of gone) if (!sources.has(facts)) pairs.push({ before: facts });
  const pathOf = ({ before: old, now: facts }: Pair): string => (facts ?? old)!.path;
  return pairs.sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
}

/** What is not read has no blob; it is the same as long as it is not read for the same reason. */
const same = (old: FileFacts, now: FileFacts): boolean =>
  now.blob === "" ? old.findings[0]?.message === now.findings[0]?.message : old.blob === now.blob;

/** Those that alone have their key. */
function uniqueBy(files: readonly FileFacts[], key: (facts: FileFacts) => string | undefined): Map<string, FileFacts> {
  const found = new Map<string, FileFacts | undefined>();
  for (const facts of files) {
    const value = key(facts);
    if (value !== undefined) found.set(value, found.has(value) ? undefined : facts);
  }
  return new Map([...found].filter((one): one is [string, FileFacts] => one[1] !== undefined));
}
