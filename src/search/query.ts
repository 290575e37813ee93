/** The text fields of an entry, in the order the index numbers them. */
export const FIELDS = ["title", "tags", "name", "summary", "body"] as const;

export type Field = (typeof FIELDS)[number];

/** Text to look for; without `field`, in all fields. */
export interface QueryText {
  readonly text: string;
  readonly field?: Field;
  /** `word*`: any term that begins so. */
  readonly prefix?: true;
}

/** A query taken apart. `wanted` is OR-ed and holds the words of phrases too; the texts are not tokenized yet. */
export interface ParsedQuery {
  readonly wanted: readonly QueryText[];
  readonly phrases: readonly QueryText[];
  readonly excluded: readonly QueryText[];
}

/** Longer queries are cut: a pasted log has its message at the beginning. */
const MAX_QUERY_LENGTH = 10_000;

const FIELD_PREFIX = /^(title|tags?|name|summary|body):(?=["\p{L}\p{N}])/iu;
const PREFIX_WORD = /^[\p{L}\p{N}_-]{2,}\*$/u;
// Two letters: `-m` and `-x` are flags of a pasted command.
const EXCLUSION = /^-(?=\p{L}{2})/u;
/** Nobody types operators into so many words: it is a sentence, or a command with its flags. */
const LONG_TEXT_WORDS = 16;

/**
 * Reads `"phrase"`, `-word`, `word*` and `field:word` (title, tag, tags, name, summary, body); anything else is plain text.
 * Never throws. Text with line breaks or many words was pasted, so it has no operators; `-word` alone excludes nothing.
 */
export function parseQuery(query: string): ParsedQuery {
  const text = query.slice(0, MAX_QUERY_LENGTH).trim();
  if (/[\r\n]/.test(text) || text.split(/\s+/, LONG_TEXT_WORDS + 1).length > LONG_TEXT_WORDS)
    return { wanted: [{ text }], phrases: [], excluded: [] };
  const wanted: QueryText[] = [];
  const phrases: QueryText[] = [];
  const minus: { item: QueryText; plain: string }[] = [];
  let rest = text;
  while (rest !== "") {
    const excluding = EXCLUSION.test(rest);
    const operand = excluding ? rest.slice(1) : rest;
    const { field, length } = fieldOf(operand);
    const scoped = field === undefined ? {} : { field };
    const phrase = excluding ? undefined : /^"([^"]*[\p{L}\p{N}][^"]*)"/u.exec(operand.slice(length));
    if (phrase?.[1] !== undefined) {
      phrases.push({ text: phrase[1], ...scoped });
      wanted.push({ text: phrase[1], ...scoped });
      rest = operand.slice(length + phrase[0].length).trimStart();
      continue;
    }
    const token = /^\S+/.exec(operand)?.[0] ?? "";
    const word = token.slice(length);
    if (excluding) minus.push({ item: { text: word, ...scoped }, plain: token });
    else if (PREFIX_WORD.test(word)) wanted.push({ text: word.slice(0, -1), ...scoped, prefix: true });
    else wanted.push({ text: word, ...scoped });
    rest = operand.slice(token.length).trimStart();
  }
  if (wanted.some((item) => /[\p{L}\p{N}]/u.test(item.text))) {
    return { wanted, phrases, excluded: minus.map(({ item }) => item) };
  }
  return { wanted: minus.map(({ plain }) => ({ text: plain })), phrases, excluded: [] };
}

function fieldOf(text: string): { field?: Field; length: number } {
  const match = FIELD_PREFIX.exec(text);
  if (match === null) return { length: 0 };
  const name = match[1]!.toLowerCase();
  const field = FIELDS.find((known) => known === name || (known === "tags" && name === "tag"));
  return field === undefined ? { length: 0 } : { field, length: match[0].length };
}
