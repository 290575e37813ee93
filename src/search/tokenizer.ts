import { stem } from "./stemmer.js";
import { STOP_WORDS } from "./stop-words.js";

/** Longest term kept, in UTF-16 units: a SHA-256 in hex still fits, a base64 blob is cut. */
export const MAX_TERM_LENGTH = 64;

// A blob of random letters looks like camelCase with very many parts; splitting it would only fill the dictionary.
const MAX_PARTS = 10;
// At most 32 segments a word, so that no match grows with the text.
const ASCII_WORD = /[A-Za-z0-9]+(?:(?:_+|::|[-./\\:'])[A-Za-z0-9]+){0,31}(?:\+\+|#(?![A-Za-z0-9]))?/g;
const UNICODE_WORD =
  /[\p{L}\p{N}\p{M}]+(?:(?:_+|::|[-./\\:'])[\p{L}\p{N}\p{M}]+){0,31}(?:\+\+|#(?![\p{L}\p{N}\p{M}]))?/gu;
const CASE_PART = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g;
const UNICODE_CASE_PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{N}+|[\p{Lo}\p{Lm}\p{Lt}\p{M}]+/gu;
/** So many letters are segmented at a time: the dictionary's time grows with the square. A word at a seam is found by its pairs. */
const SEGMENTED = 300;
const SEPARATOR = /[-_./\\:'+#]+/;
const NON_ASCII = /[^\x00-\x7f]/;
const SPACELESS_CLASS =
  "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}ー";
const SPACELESS = new RegExp(`[${SPACELESS_CLASS}]`, "u");
const RUNS = new RegExp(`[${SPACELESS_CLASS}]+|[^${SPACELESS_CLASS}]+`, "gu");

let segmenter: Intl.Segmenter | undefined;

/** Text with compatibility forms and Latin, Greek and Cyrillic diacritics folded away; letter case stays. */
export function fold(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  // Only U+0300–036F: the marks of Indic scripts and Thai are vowels, not decoration.
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFKC")
    .replace(/[\u2018\u2019]/g, "'");
}

/** The words of a text in order, folded, letter case kept; identifiers, paths and versions stay in one piece. */
export function words(text: string): readonly string[] {
  const folded = fold(text);
  return folded.match(NON_ASCII.test(folded) ? UNICODE_WORD : ASCII_WORD) ?? [];
}

/** Whether a text has letters of a script that is written without spaces (Chinese, Japanese, Thai …) or compounds like Korean. */
export function isSpaceless(text: string): boolean {
  return NON_ASCII.test(text) && SPACELESS.test(text);
}

/** The index terms of one item of `words`: the whole first, then its parts, without repeats; stop words give none unless kept. */
export function terms(word: string, keepStopWords = false): readonly string[] {
  if (isSpaceless(word)) return spacelessTerms(word, keepStopWords);
  const bare = word.replace(/'s$/i, "");
  if (bare.length > MAX_TERM_LENGTH && !SEPARATOR.test(bare)) return [bare.slice(0, MAX_TERM_LENGTH).toLowerCase()];
  const found = new Set<string>();
  const segments = bare.split(SEPARATOR).filter((segment) => segment !== "");
  if (bare.includes("'")) {
    addWord(found, bare.replaceAll("'", ""), keepStopWords);
  } else {
    if (segments.length > 1 || /[+#]$/.test(bare)) {
      if (bare.length <= MAX_TERM_LENGTH) found.add(bare.toLowerCase());
    }
    for (const segment of segments) addWord(found, segment, keepStopWords);
  }
  return [...found];
}

/** All index terms of a text in order, repeats included. */
export function tokenize(text: string, keepStopWords = false): string[] {
  return words(text).flatMap((word) => terms(word, keepStopWords));
}

function addWord(found: Set<string>, word: string, keepStopWords: boolean): void {
  const lower = word.toLowerCase();
  if (lower.length > MAX_TERM_LENGTH) {
    found.add(lower.slice(0, MAX_TERM_LENGTH));
    return;
  }
  const parts = caseParts(word);
  if (parts.length === 1) {
    if (keepStopWords || !STOP_WORDS.has(lower)) found.add(normal(lower));
    return;
  }
  found.add(normal(lower));
  if (parts.length > MAX_PARTS) return;
  for (const part of parts) {
    const low = part.toLowerCase();
    if (low.length > 1 && !STOP_WORDS.has(low)) found.add(normal(low));
  }
}

function caseParts(word: string): readonly string[] {
  // "APIs" and "URLs" are plurals, not camelCase.
  if (/^[a-z]+$|^[A-Z]{2,}s$/.test(word)) return [word];
  return word.match(NON_ASCII.test(word) ? UNICODE_CASE_PART : CASE_PART) ?? [word];
}

function normal(lower: string): string {
  return /^[a-z]+$/.test(lower) ? stem(lower) : lower;
}

/** Dictionary words, and every pair of neighbours, so that a query for a piece of a word finds it (a single one as the beginning of a pair). */
function spacelessTerms(word: string, keepStopWords: boolean): readonly string[] {
  const found = new Set<string>();
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
  for (const run of word.match(RUNS) ?? []) {
    if (!SPACELESS.test(run)) {
      for (const term of words(run).flatMap((part) => terms(part, keepStopWords))) found.add(term);
      continue;
    }
    const letters = Array.from(run);
    for (let from = 0; from < letters.length; from += SEGMENTED) {
      for (const { segment } of segmenter.segment(letters.slice(from, from + SEGMENTED).join("")))
        if (segment.length > 2 && segment.length <= MAX_TERM_LENGTH) found.add(segment);
    }
    letters.forEach((letter, at) => {
      found.add(letter + (letters[at + 1] ?? ""));
    });
  }
  return [...found];
}
