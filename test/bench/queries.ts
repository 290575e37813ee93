import { type Kind, type MadeEntry, seeded } from "./corpus.js";

/** One query of the mix, the same for every engine. */
export interface Query {
  /** The row of the table it counts for. */
  readonly group: string;
  readonly words: readonly string[];
  readonly kind?: Kind;
  readonly tag?: string;
}

const LENGTHS = [1, 3, 8];
const COMMON = 150;
const FILTERS = ["no filter", "filter"] as const;

/** The words of an entry that are neither short nor code, each once. */
const wordsOf = ({ title, body }: MadeEntry): string[] => [
  ...new Set(`${title} ${body}`.toLowerCase().match(/(?<![`a-z])[a-z]{4,}(?![`a-z])/g) ?? []),
];

/** How many entries hold each word. */
function frequencies(entries: readonly MadeEntry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) for (const word of wordsOf(entry)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

// English, so stop words to one of the engines: none of them is asked for.
const FUNCTION_WORDS = new Set(
  "that with this from have they which were there their more when will what about into than them only some could these then first should such like other over after also must before where most through back much between each being under same while those both make because".split(
    " ",
  ),
);

/**
 * Queries of 1, 3 and 8 words that an entry holds together: its rarest ones, or any of the 150 that most entries hold;
 * with and without a filter, `each` of every group. Function words are left out, so that nobody has less to do.
 */
export function makeQueries(entries: readonly MadeEntry[], each: number): Query[] {
  const random = seeded(7);
  const counts = frequencies(entries);
  for (const word of FUNCTION_WORDS) counts.delete(word);
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, COMMON);
  const common = new Set(frequent.map(([word]) => word));
  const count = (word: string): number => counts.get(word) ?? 0;
  const choose = {
    rare: (words: string[]): string[] => words.sort((a, b) => count(a) - count(b)),
    common: (words: string[]): string[] => words.filter((word) => common.has(word)),
  };
  const one = (filter: (typeof FILTERS)[number], name: keyof typeof choose, length: number, number: number): Query => {
    for (;;) {
      const entry = random.pick(entries);
      const words = choose[name](wordsOf(entry).filter((word) => counts.has(word))).slice(0, length);
      if (words.length < length) continue;
      const group = `${length} ${length === 1 ? "word" : "words"}, ${name}, ${filter}`;
      if (filter === "no filter") return { group, words };
      return number % 2 === 0 ? { group, words, kind: entry.kind } : { group, words, tag: entry.tags[0]! };
    }
  };
  const queries = FILTERS.flatMap((filter) =>
    LENGTHS.flatMap((length) =>
      (["rare", "common"] as const).flatMap((name) =>
        Array.from({ length: each }, (_, number) => one(filter, name, length, number)),
      ),
    ),
  );
  // Mixed, so that no engine answers one sort of query from a warm cache.
  for (let last = queries.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [queries[last], queries[other]] = [queries[other]!, queries[last]!];
  }
  return queries;
}

/** The arguments of `memory_search` for a query. */
export const searchArguments = ({ words, kind, tag }: Query): Record<string, unknown> => ({
  query: words.join(" "),
  ...(kind === undefined ? {} : { kinds: [kind] }),
  ...(tag === undefined ? {} : { tags: [tag] }),
});

/** An entry and the words of its title, which no other one has together, to see whether a search is right. */
export function tellTale(entries: readonly MadeEntry[]): { readonly words: string; readonly entry: MadeEntry } {
  const entry = entries[Math.floor(entries.length / 2)]!;
  return { words: entry.title, entry };
}
