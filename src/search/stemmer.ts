// The Porter stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the author's later
// "bli" and "logi" rules), written as tables: a suffix, its replacement, and the measure that the stem must exceed.

type Rule = readonly [suffix: string, replacement: string];

const STEP_2: readonly Rule[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["logi", "log"],
];

const STEP_3: readonly Rule[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];

// Longest first: the first that fits decides, even when its condition then fails.
const STEP_4: readonly Rule[] = "ement ance ence able ible ment ant ent ion ism ate iti ous ive ize al er ic ou"
  .split(" ")
  .map((suffix) => [suffix, ""] as const);

function isConsonant(word: string, at: number): boolean {
  switch (word.charCodeAt(at)) {
    case 97: // a
    case 101: // e
    case 105: // i
    case 111: // o
    case 117: // u
      return false;
    case 121: // y counts as a vowel after a consonant
      return at === 0 || !isConsonant(word, at - 1);
    default:
      return true;
  }
}

/** Porter's m: how often a vowel run is followed by a consonant run in the first `end` letters. */
function measure(word: string, end: number): number {
  let count = 0;
  let afterVowel = false;
  for (let at = 0; at < end; at++) {
    if (!isConsonant(word, at)) {
      afterVowel = true;
    } else if (afterVowel) {
      count++;
      afterVowel = false;
    }
  }
  return count;
}

function hasVowel(word: string, end: number): boolean {
  for (let at = 0; at < end; at++) if (!isConsonant(word, at)) return true;
  return false;
}

function endsDouble(word: string): boolean {
  const last = word.length - 1;
  return last > 0 && word[last] === word[last - 1] && isConsonant(word, last);
}

function endsShort(word: string): boolean {
  const last = word.length - 1;
  return (
    last > 1 &&
    isConsonant(word, last) &&
    !isConsonant(word, last - 1) &&
    isConsonant(word, last - 2) &&
    !"wxy".includes(word[last] ?? "")
  );
}

function replaceSuffix(word: string, rules: readonly Rule[], above: number): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const end = word.length - suffix.length;
    if (suffix === "ion" && word[end - 1] !== "s" && word[end - 1] !== "t") return word;
    return measure(word, end) > above ? word.slice(0, end) + replacement : word;
  }
  return word;
}

function stripPlural(word: string): string {
  if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

function stripPast(word: string): string {
  if (word.endsWith("eed")) return measure(word, word.length - 3) > 0 ? word.slice(0, -1) : word;
  const cut = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
  if (cut === 0 || !hasVowel(word, word.length - cut)) return word;
  const stem = word.slice(0, -cut);
  if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) return `${stem}e`;
  if (endsDouble(stem) && !/[lsz]$/.test(stem)) return stem.slice(0, -1);
  return measure(stem, stem.length) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function stripFinalE(word: string): string {
  let stem = word;
  if (stem.endsWith("e")) {
    const base = stem.slice(0, -1);
    const m = measure(base, base.length);
    if (m > 1 || (m === 1 && !endsShort(base))) stem = base;
  }
  return stem.endsWith("ll") && measure(stem, stem.length) > 1 ? stem.slice(0, -1) : stem;
}

/** The stem of an English word of lower-case ASCII letters; words under three letters come back as they are. */
export function stem(word: string): string {
  if (word.length < 3) return word;
  let result = stripPast(stripPlural(word));
  if (result.endsWith("y") && hasVowel(result, result.length - 1)) result = `${result.slice(0, -1)}i`;
  result = replaceSuffix(result, STEP_2, 0);
  result = replaceSuffix(result, STEP_3, 0);
  return stripFinalE(replaceSuffix(result, STEP_4, 1));
}
