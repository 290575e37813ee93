/** Words of a body that are looked at. */
const MAX_WORDS = 5_000;
/** A shorter text says too little to be called a copy. */
const MIN_WORDS = 12;
const SIZE = 3;

// Scripts without spaces: each character counts as a word.
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}_]+/gu;

/** The runs of three words that a text has, each as a number, sorted and once (Broder's shingles); none for a short text. */
export function shingles(body: string): Uint32Array {
  const words: number[] = [];
  for (const [word] of body.toLowerCase().matchAll(WORD)) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    if (words.push(hash) === MAX_WORDS) break;
  }
  if (words.length < MIN_WORDS) return new Uint32Array();
  const runs = new Uint32Array(words.length - SIZE + 1);
  for (let at = 0; at < runs.length; at++) {
    let hash = 17;
    for (let word = 0; word < SIZE; word++) hash = Math.imul(hash, 31) ^ Math.imul(words[at + word]!, 0x9e3779b1);
    runs[at] = (hash ^ (hash >>> 15)) >>> 0;
  }
  runs.sort();
  return runs.filter((run, at) => at === 0 || run !== runs[at - 1]);
}
