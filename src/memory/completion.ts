import { KINDS } from "../entry/kinds.js";
import { currentEntries } from "./listing.js";
import type { Memory } from "./memory.js";

/** What may be meant by the beginning of a value, likeliest first. */
export interface Completion {
  /** At most 100. */
  readonly values: readonly string[];
  /** How many there are in all. */
  readonly total: number;
}

const MOST = 100;
/** A value nobody can say anything about. */
export const NOTHING: Completion = { values: [], total: 0 };

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");

interface Candidate {
  readonly value: string;
  /** Further words by which it may be found. */
  readonly words?: string;
  /** Of two that fit equally the heavier comes first. */
  readonly weight?: number;
}

/** 0: begins with what was typed; 1: its last part does; 2: every typed word begins a word of it; undefined: does not fit. */
function rankOf({ value, words = "" }: Candidate, typed: string, typedWords: readonly string[]): number | undefined {
  const lower = value.toLowerCase();
  if (lower.startsWith(typed)) return 0;
  if (lower.slice(lower.lastIndexOf("/") + 1).startsWith(typed)) return 1;
  const own = wordsOf(`${value} ${words}`);
  const fits = typedWords.length > 0 && typedWords.every((one) => own.some((word) => word.startsWith(one)));
  return fits ? 2 : undefined;
}

function complete(candidates: Iterable<Candidate>, text: string): Completion {
  const typed = text.trim().toLowerCase();
  const typedWords = wordsOf(typed);
  const found: { readonly value: string; readonly rank: number; readonly weight: number }[] = [];
  for (const candidate of candidates) {
    const rank = rankOf(candidate, typed, typedWords);
    if (rank !== undefined) found.push({ value: candidate.value, rank, weight: candidate.weight ?? 0 });
  }
  found.sort((a, b) => a.rank - b.rank || b.weight - a.weight || (a.value < b.value ? -1 : 1));
  return { values: found.slice(0, MOST).map(({ value }) => value), total: found.length };
}

const addresses = (memory: Memory): Candidate[] =>
  currentEntries(memory).map(({ address, entry }) => ({
    value: address,
    words: `${entry.title} ${entry.tags.join(" ")}`,
  }));

/** Addresses of current entries that begin with the text, or whose name, title or tags have its words. */
export const completeAddress = (memory: Memory, text: string): Completion => complete(addresses(memory), text);

/** Subjects of current entries: tags, topics and categories, those of many entries first, then addresses. */
export function completeTopic(memory: Memory, text: string): Completion {
  const counts = new Map<string, number>();
  for (const { entry } of currentEntries(memory))
    for (const word of new Set([...entry.tags, entry.topic, entry.category]))
      if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  const subjects = [...counts].map(([value, weight]) => ({ value, weight }));
  return complete([...subjects, ...addresses(memory)], text);
}

/** Kinds of entries. */
export const completeKind = (text: string): Completion =>
  complete(
    KINDS.map((value) => ({ value })),
    text,
  );
