import type { Memory } from "../memory.js";
import { duplicateIds, type Precedence } from "./duplicates.js";
import { type FileFacts, linkingOf } from "./facts.js";
import type { Survey } from "./survey.js";

/** Copies whose history is asked for who was first; a walk through a long history can take a second. */
const MAX_ASKED = 20;

/** Who of several had an id or name first: the base, then history, then what is committed, then what this store saw first, then the path. */
export async function precedenceOf(
  memory: Memory,
  { now, before }: Pick<Survey, "now" | "before">,
): Promise<Precedence> {
  const store = await memory.store();
  const known = compareBy((file) => [...inBase(file, before), ...asSeen(memory, store.name, file)]);
  const groups = duplicateIds(now, known).filter(({ first }) => inBase(first, before)[0] === 1);
  const asked = new Set(groups.flatMap(({ copy, first }) => [first, copy]));
  const since = new Map<string, number>();
  if (asked.size > 0) await memory.historyKnown();
  for (const { path } of [...asked].slice(0, MAX_ASKED)) {
    const { versions, truncated } = await store.history(path);
    const oldest = versions.at(-1);
    if (oldest && !truncated) since.set(path, oldest.at);
  }
  return compareBy((file) => [
    ...inBase(file, before),
    since.get(file.path) ?? Number.MAX_SAFE_INTEGER,
    ...asSeen(memory, store.name, file),
  ]);
}

function inBase(file: FileFacts, before: Survey["before"]): [number] {
  const old = before?.get(file.path);
  return [old && linkingOf(old)?.id === linkingOf(file)?.id ? 0 : 1];
}

function asSeen(memory: Memory, store: string, file: FileFacts): number[] {
  const { path } = file;
  const catalog = memory.catalog(store);
  const id = linkingOf(file)?.id;
  const document = memory.scopes.get(store, path);
  const withId = id === undefined ? [] : document ? memory.scopes.withId(id) : catalog.withId(id);
  return [
    (document ?? memory.at({ store, path }))?.pending ? 1 : 0,
    id === undefined ? 0 : withId.findIndex((one) => one === document || one === path),
    catalog.withName(path).indexOf(path),
  ];
}

function compareBy(rank: (file: FileFacts) => readonly number[]): Precedence {
  const ranks = new Map<FileFacts, readonly number[]>();
  const ranked = (file: FileFacts): readonly number[] => {
    const known = ranks.get(file) ?? rank(file);
    ranks.set(file, known);
    return known;
  };
  return (a, b) => {
    const [left, right] = [ranked(a), ranked(b)];
    for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return left[at]! - right[at]!;
    return a.path < b.path ? -1 : 1;
  };
}
