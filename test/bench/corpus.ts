/** A source of numbers that gives the same ones in every run. */
export interface Random {
  /** From 0 up to, but without, 1. */
  next(): number;
  /** A whole number below `bound`. */
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, fast, and even enough for made-up text. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return { next, below, pick: (items) => items[below(items.length)]! };
}

export type Kind = "memory" | "guideline" | "tool" | "pattern";

/** One made-up entry: where it lies below the store's root, and its file. */
export interface MadeEntry {
  readonly id: string;
  readonly kind: Kind;
  readonly path: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly body: string;
  readonly file: string;
}

const FUNCTION_WORDS =
  "the of and to in a is that for it as was with be by on not this but from or have an they which you were there can all their has more when who will no if out so what about up into than them only some could these may then do first any our should now such like other how its two over after also did must before where most through back much between each being under same while those both make because"
    .split(" ")
    .sort();

const ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl fr gl gr pl pr sh sk sl sp st str th tr".split(
  " ",
);
const VOWELS = "a e i o u ai ea ee io oa ou".split(" ");
const CODAS = ["", "", "", "b", "ck", "d", "g", "l", "m", "n", "nd", "nt", "p", "r", "rk", "s", "st", "t", "x"];
// English stems, so that stemmers on both sides have their usual work.
const ENDINGS = ["", "", "", "", "", "s", "ed", "ing", "er", "tion", "able", "ly"];
const VOCABULARY_SIZE = 20_000;
const FUNCTION_SHARE = 0.4;

const CATEGORIES: Readonly<Record<Kind, readonly string[]>> = {
  memory: ["decision", "fact", "context", "reference", "insight"],
  guideline: ["code_style", "behavior", "security", "performance", "error_handling", "logging"],
  tool: ["mcp", "cli", "function", "api"],
  pattern: ["architecture", "testing", "deployment", "code_style"],
};
const FOLDERS: Readonly<Record<Kind, string>> = {
  memory: "memories",
  guideline: "guidelines",
  tool: "tools",
  pattern: "patterns",
};
const KINDS_IN_TEN: readonly Kind[] = [
  "memory",
  "memory",
  "guideline",
  "memory",
  "tool",
  "memory",
  "guideline",
  "memory",
  "pattern",
  "memory",
];
const MAX_PER_FOLDER = 1_000;

/** Pronounceable words, none twice and none an English function word. */
function makeVocabulary(random: Random): string[] {
  const words = new Set<string>();
  const taken = new Set(FUNCTION_WORDS);
  const syllable = (): string => random.pick(ONSETS) + random.pick(VOWELS) + random.pick(CODAS);
  while (words.size < VOCABULARY_SIZE) {
    const stem = Array.from({ length: 1 + random.below(3) }, syllable).join("");
    const word = stem + random.pick(ENDINGS);
    if (word.length > 2 && word.length < 16 && !taken.has(word)) words.add(word);
  }
  return [...words];
}

/** Draws positions below `count`, the first ones most often: Zipf's law with an exponent close to 1. */
function zipf(count: number, random: Random): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 2.7) ** 1.05;
    sums[rank] = sum;
  }
  return () => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Words as texts have them: function words between words of a vocabulary that follows Zipf's law. */
export class Writing {
  readonly #random: Random;
  readonly #vocabulary: readonly string[];
  readonly #content: () => number;
  readonly #function: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
    // One vocabulary, whatever is written with it.
    this.#vocabulary = makeVocabulary(seeded(1));
    this.#content = zipf(VOCABULARY_SIZE, this.#random);
    this.#function = zipf(FUNCTION_WORDS.length, this.#random);
  }

  #word(): string {
    return this.#random.next() < FUNCTION_SHARE
      ? FUNCTION_WORDS[this.#function()]!
      : this.#vocabulary[this.#content()]!;
  }

  #sentence(length: number): string {
    const words = Array.from({ length }, () => this.#word());
    if (this.#random.next() < 0.15)
      words[this.#random.below(length)] =
        `\`${this.#vocabulary[this.#content()]}${capital(this.#vocabulary[this.#content()]!)}\``;
    return `${capital(words.join(" "))}.`;
  }

  title(): string {
    return capital(
      Array.from({ length: 3 + this.#random.below(5) }, () => this.#vocabulary[this.#content()]).join(" "),
    );
  }

  /** A body of about 120 words: paragraphs, and now and then a list. */
  body(): string {
    const blocks: string[] = [];
    let left = 90 + this.#random.below(61);
    while (left > 0) {
      const lines: string[] = [];
      for (let count = 2 + this.#random.below(3); count > 0 && left > 0; count--) {
        const length = Math.min(left, 8 + this.#random.below(12));
        lines.push(this.#sentence(length));
        left -= length;
      }
      const list = blocks.length > 0 && this.#random.next() < 0.3;
      blocks.push(list ? lines.map((line) => `- ${line}`).join("\n") : lines.join(" "));
    }
    return blocks.join("\n\n");
  }

  tags(): string[] {
    const tags = Array.from({ length: 1 + this.#random.below(4) }, () => TAGS[this.#tag()]!);
    return [...new Set(tags)];
  }

  readonly #tag = (): number => Math.floor(this.#random.next() ** 2 * TAGS.length);

  /** A UUID v7 for a time in milliseconds. */
  uuid(at: number): string {
    const hex = (digits: number): string =>
      this.#random
        .below(16 ** digits)
        .toString(16)
        .padStart(digits, "0");
    const time = at.toString(16).padStart(12, "0");
    const variant = "89ab"[this.#random.below(4)];
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
  }

  get random(): Random {
    return this.#random;
  }
}

const TAGS = makeVocabulary(seeded(2)).slice(0, 60);
/** Folders of code that entries are about. */
export const MODULES = makeVocabulary(seeded(3)).slice(0, 300);
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `count` entries of varied kinds, at most 1,000 in a folder; with `flat` all are memories in one folder. */
export function makeEntries(count: number, flat: boolean): MadeEntry[] {
  const writing = new Writing(42);
  const inFolder = new Map<Kind, number>();
  const begin = Date.UTC(2025, 0, 1);
  return Array.from({ length: count }, (_, number) => {
    const kind = flat ? "memory" : KINDS_IN_TEN[number % 10]!;
    const position = inFolder.get(kind) ?? 0;
    inFolder.set(kind, position + 1);
    const id = writing.uuid(begin + number * 2_000_000);
    const title = writing.title();
    const tags = writing.tags();
    const body = writing.body();
    const part = Math.floor(position / MAX_PER_FOLDER);
    const folder = flat || part === 0 ? FOLDERS[kind] : `${FOLDERS[kind]}/2025-${String(part).padStart(2, "0")}`;
    const name = `${title.toLowerCase().replaceAll(" ", "-")}-${number}`;
    const lines = ["---", `id: ${id}`, `title: ${title}`, `category: ${writing.random.pick(CATEGORIES[kind])}`];
    lines.push(`tags: [${tags.join(", ")}]`);
    const folderOfCode = `src/${MODULES[number % MODULES.length]}`;
    if (kind === "guideline")
      lines.push(`applies_to: ["${folderOfCode}/**"]`, `priority: ${writing.random.below(101)}`);
    if (kind === "memory" && number % 3 === 1) lines.push(`files: ["${folderOfCode}/index.ts#L1-L20"]`);
    if (kind === "memory" && number % 3 === 0) lines.push(`importance: ${writing.random.below(10) / 10}`);
    const file = `${lines.join("\n")}\n---\n\n${body}\n`;
    return { id, kind, path: `${folder}/${name}.md`, title, tags, body, file };
  });
}
